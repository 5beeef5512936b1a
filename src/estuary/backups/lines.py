"""Records as JSON Lines (jsonlines.org): a record a line, whole, with the name of its resource."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec.structs import asdict

from estuary.backups.errors import UnfitLine
from estuary.core.errors import ValidationFailed
from estuary.core.field import MAX_SAFE_INTEGER
from estuary.core.nesting import nests_too_deep
from estuary.core.record import Record
from estuary.core.record_id import is_record_id
from estuary.core.resource import AwareDatetime, Resource

_Version = Annotated[int, msgspec.Meta(ge=1, le=MAX_SAFE_INTEGER)]


class _Written(msgspec.Struct, frozen=True, gc=False):
    """One line, in the order of its members."""

    resource: str
    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    owner: str
    value: dict[str, Any]


class _Named(msgspec.Struct):
    """What a line of any kind says first."""

    resource: str | None = None


class Lines:
    """Encodes and decodes the records of `resources`.

    What a line leaves out is made up: an id by `new_id`, version 1, `now` as the time of creation, and
    that as the time of the last change. Nothing else is forgiven: a member or field that is not known
    would be lost, so it is refused like one that breaks the declared rules.
    """

    def __init__(
        self, resources: Iterable[Resource], *, new_id: Callable[[], str], now: Callable[[], datetime]
    ) -> None:
        self._resources = {resource.name: resource for resource in resources}
        self._new_id = new_id
        self._now = now
        self._encoder = msgspec.json.Encoder()
        kinds = [_line_type(resource) for resource in self._resources.values()]
        union: Any = kinds[0]
        for kind in kinds[1:]:
            union |= kind
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(union)
        self._named = msgspec.json.Decoder(_Named)

    def encode(self, resource: Resource, records: Sequence[Record]) -> bytes:
        """A line for each of `records`, each with its line break."""
        name = resource.name
        return self._encoder.encode_lines(
            [
                _Written(
                    name,
                    record.id,
                    record.version,
                    record.created_at,
                    record.updated_at,
                    record.owner,
                    # A dictionary, for a declared type may leave out defaults or add a tag.
                    asdict(record.value),
                )
                for record in records
            ]
        )

    def decode(self, line: bytes, number: int) -> tuple[Resource, Record]:
        """The record on a line and its resource; raises `UnfitLine`."""
        if nests_too_deep(line):
            raise UnfitLine(number, "this nests too deep")
        try:
            read = self._decoder.decode(line)
            resource = self._resources[read.__struct_config__.tag]
            return resource, self._record(resource, read)
        except msgspec.ValidationError as error:
            raise UnfitLine(number, self._explained(line, str(error))) from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise UnfitLine(number, "this is not JSON") from None
        except ValidationFailed as error:
            raise UnfitLine(number, str(error)) from None
        except (ValueError, OverflowError) as error:
            raise UnfitLine(number, str(error)) from None

    def _record(self, resource: Resource, read: Any) -> Record:
        if "\0" in read.owner:
            raise ValueError("owner must not contain the character U+0000")
        record_id = self._new_id() if read.id is None else read.id
        if not is_record_id(record_id):
            raise ValueError(f"id must be a UUID in lower case, not {record_id[:60]!r}")
        created_at = self._now() if read.created_at is None else read.created_at.astimezone(UTC)
        updated_at = created_at if read.updated_at is None else read.updated_at.astimezone(UTC)
        return Record(
            record_id, read.version, created_at, updated_at, resource.value(read.value), read.owner
        )

    def _explained(self, line: bytes, reason: str) -> str:
        """`reason` in the operator's words where the resource is what does not fit."""
        try:
            name = self._named.decode(line).resource
        except msgspec.DecodeError:
            return reason
        declared = ", ".join(self._resources)
        if name is None:
            return f"it names no resource: give one of {declared} as its member `resource`"
        if name not in self._resources:
            return f"there is no resource {name[:60]!r}: RESOURCES declares {declared}"
        return reason


def _line_type(resource: Resource) -> type[msgspec.Struct]:
    """What a line of `resource` decodes into; the rules of its fields are looked at afterwards."""
    # A draft takes the declared defaults for what an older backup does not know yet.
    value = msgspec.defstruct(
        f"{resource.value_type.__name__}Value", [], bases=(resource.draft_type,), forbid_unknown_fields=True
    )
    return msgspec.defstruct(
        f"{resource.value_type.__name__}Line",
        [
            ("value", value),
            ("id", str | None, None),
            ("version", _Version, 1),
            ("created_at", AwareDatetime | None, None),
            ("updated_at", AwareDatetime | None, None),
            ("owner", str, ""),
        ],
        tag_field="resource",
        tag=resource.name,
        forbid_unknown_fields=True,
    )
