"""The lines of backups and exports (jsonlines.org), for resources that are declared.

A line is a record: its resource's name, its metadata, and its `value` as in the API. What is read is
validated by the declared rules. A line with a row instead (see `row_lines`) is read here, too, once its
resource is declared.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import asdict

from estuary.backups.errors import UnfitLine
from estuary.backups.row_lines import LineStart, Version, decode_row, fields_of
from estuary.core.errors import ValidationFailed
from estuary.core.kinds.kind import Conversion
from estuary.core.moments import AwareDatetime
from estuary.core.nesting import nests_too_deep
from estuary.core.record import Record
from estuary.core.record_id import is_record_id
from estuary.core.resource import Resource


class _Written(LineStart, frozen=True, gc=False):
    """A line with a record, as it is written."""

    value: dict[str, Any]


class _Named(msgspec.Struct):
    """The members by which the two kinds of line are distinguished."""

    resource: str | None = None
    columns: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Read(NamedTuple):
    """The content of a line with a row."""

    value: Any
    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    owner: str


class Lines:
    """Encodes and decodes the records of `resources`.

    Members that a line leaves out get defaults: an id by `new_id`, version 1, `now` as the time of
    creation, and that as the time of the last change; a field that the server sets, what it would have
    set then. Fields may have the names they had before (`Was`). A member or field that is not known would
    be lost, so it is refused, like one that breaks the declared rules.
    """

    def __init__(
        self, resources: Iterable[Resource], *, new_id: Callable[[], str], now: Callable[[], datetime]
    ) -> None:
        self._resources = {resource.name: resource for resource in resources}
        self._new_id = new_id
        self._now = now
        self._encoder = msgspec.json.Encoder()
        self._written = {name: dict(_written(resource)) for name, resource in self._resources.items()}
        self._values = {resource.name: _value_type(resource) for resource in self._resources.values()}
        kinds = [_line_type(name, value) for name, value in self._values.items()]
        union: Any = kinds[0]
        for kind in kinds[1:]:
            union |= kind
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(union)
        self._named = msgspec.json.Decoder(_Named)

    def encode(self, resource: Resource, records: Sequence[Record]) -> bytes:
        """A line for each of `records`, each with its line break."""
        name, written = resource.name, self._written[resource.name]
        return self._encoder.encode_lines(
            [
                _Written(
                    name,
                    record.id,
                    record.version,
                    record.created_at,
                    record.updated_at,
                    record.owner,
                    _members(record.value, written),
                )
                for record in records
            ]
        )

    def name_of(self, line: bytes) -> str | None:
        """The resource that a line names, declared or not; None if it names none."""
        try:
            return None if nests_too_deep(line) else self._named.decode(line).resource
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None

    def decode(self, line: bytes, number: int) -> tuple[Resource, Record]:
        """The record on a line and its resource; raises `UnfitLine`."""
        if nests_too_deep(line):
            raise UnfitLine(number, "this nests too deep")
        try:
            resource, read = self._read(line)
            return resource, self._record(resource, read)
        except msgspec.ValidationError as error:
            raise UnfitLine(number, self._explained(line, str(error))) from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise UnfitLine(number, "this is not JSON") from None
        except ValidationFailed as error:
            raise UnfitLine(number, str(error)) from None
        except (ValueError, OverflowError) as error:
            raise UnfitLine(number, str(error)) from None

    def _read(self, line: bytes) -> tuple[Resource, Any]:
        """Decode a line of either kind; raises the decoder's errors."""
        try:
            read = self._decoder.decode(line)
        except msgspec.ValidationError:
            named = self._named.decode(line)
            if named.resource not in self._resources:
                raise
            if named.columns is msgspec.UNSET:
                read = self._read_renamed(line, self._resources[named.resource])
                return self._resources[named.resource], read
            row = decode_row(line)
            resource = self._resources[row.resource]
            value = msgspec.convert(fields_of(row, resource), self._values[resource.name])
            return resource, _Read(value, row.id, row.version, row.created_at, row.updated_at, row.owner)
        return self._resources[read.__struct_config__.tag], read

    def _read_renamed(self, line: bytes, resource: Resource) -> Any:
        """Decode a line whose fields have names they had before; raises the decoder's errors for others."""
        renamed = resource.former_names.rewritten(line) if resource.former_names else line
        return self._decoder.decode(renamed)

    def _record(self, resource: Resource, read: Any) -> Record:
        if "\0" in read.owner:
            raise ValueError("owner must not contain the character U+0000")
        record_id = self._new_id() if read.id is None else read.id
        if not is_record_id(record_id):
            raise ValueError(f"id must be a UUID in lower case, not {record_id[:60]!r}")
        created_at = self._now() if read.created_at is None else read.created_at.astimezone(UTC)
        updated_at = created_at if read.updated_at is None else read.updated_at.astimezone(UTC)
        return Record(
            record_id,
            read.version,
            created_at,
            updated_at,
            resource.imported(read.value, created_at),
            read.owner,
        )

    def _explained(self, line: bytes, reason: str) -> str:
        """`reason`, or a message for the operator if the resource is what does not fit."""
        try:
            name = self._named.decode(line).resource
        except (msgspec.DecodeError, UnicodeDecodeError):
            return reason
        declared = ", ".join(self._resources)
        if name is None:
            return f"it names no resource: give one of {declared} as its member `resource`"
        if name not in self._resources:
            return f"there is no resource {name[:60]!r}: RESOURCES declares {declared}"
        return reason


def _written(resource: Resource) -> Iterator[tuple[str, Conversion]]:
    """What makes the JSON of fields, by name, where msgspec's own is not what clients see."""
    for field in resource.fields:
        if (write := field.kind.written) is not None:
            yield field.name, write


def _members(value: msgspec.Struct, written: Mapping[str, Conversion]) -> dict[str, Any]:
    """`value` as it is written; a dictionary, as a declared type may omit defaults or add a tag."""
    members = asdict(value)
    for name, write in written.items():
        if members[name] is not None:
            members[name] = write(members[name])
    return members


def _value_type(resource: Resource) -> type[msgspec.Struct]:
    """The type that a value of `resource` is decoded into; the fields' rules are applied afterwards."""
    set_by_server: list[tuple[str, Any, Any]] = []
    for field in resource.fields:
        if field.server_value is not None:
            wire = field.kind.wire | None if field.optional else field.kind.wire
            set_by_server.append((field.name, wire | msgspec.UnsetType, msgspec.UNSET))
    # A draft supplies declared defaults for fields that an older backup does not have.
    return msgspec.defstruct(
        f"{resource.value_type.__name__}Value",
        set_by_server,
        bases=(resource.draft_type,),
        forbid_unknown_fields=True,
        kw_only=True,
    )


def _line_type(name: str, value: type[msgspec.Struct]) -> type[msgspec.Struct]:
    """The type that a line of the resource `name` is decoded into."""
    return msgspec.defstruct(
        f"{value.__name__}Line",
        [
            ("value", value),
            ("id", str | None, None),
            ("version", Version, 1),
            ("created_at", AwareDatetime | None, None),
            ("updated_at", AwareDatetime | None, None),
            ("owner", str, ""),
        ],
        tag_field="resource",
        tag=name,
        forbid_unknown_fields=True,
    )
