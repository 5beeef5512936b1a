"""Expansion: records that others refer to, shown beside them where a client asks for that with `expand`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from estuary.core.access.access import Action
from estuary.core.access.identity import Identity
from estuary.core.access.reach import Reach
from estuary.core.awaiting import MaybeAwaitable, settled
from estuary.core.queries.conditions import Comparison, Operator
from estuary.core.queries.query import ListQuery, ListResult
from estuary.core.record import Record
from estuary.core.references.foreign_keys import ForeignKey, ForeignKeys
from estuary.http.errors import InvalidParameter
from estuary.http.records.codec import RecordCodec
from estuary.http.records.query_string import unknown_field

EXPAND: Final = "expand"
MAX_NAMES: Final = 5
"""With the 100 records that a list has at most, that is 500 expanded ones."""
MAX_DEPTH: Final = 2

Expansion = Mapping[str, "Expansion"]
"""The fields whose records are shown, each with the fields of these whose records are shown, too."""


class Expansions:
    """Reads which of the references of a resource a client asks to have expanded."""

    def __init__(self, resource: str, keys: ForeignKeys) -> None:
        self.names: Final = tuple(_names(resource, keys))

    def of_names(self, names: Sequence[str]) -> Expansion:
        """The expansion of `names`, with dots between fields; raises `InvalidParameter`."""
        if not 1 <= len(names) <= MAX_NAMES:
            raise InvalidParameter(EXPAND, f"Expand must have 1 to {MAX_NAMES} fields")
        expansion: dict[str, dict[str, Expansion]] = {}
        for name in names:
            if name not in self.names:
                raise unknown_field(EXPAND, name, self.names)
            field, _, inner = name.partition(".")
            branch = expansion.setdefault(field, {})
            if inner:
                branch[inner] = {}
        return expansion

    def of_text(self, text: str) -> Expansion:
        """The expansion of the names in a parameter, separated by commas."""
        return self.of_names(text.split(","))


def _names(resource: str, keys: ForeignKeys) -> Iterable[str]:
    for key in keys.of(resource):
        yield key.field
        yield from (f"{key.field}.{inner.field}" for inner in keys.of(key.target))


NO_EXPANSIONS: Final = Expansions("", ForeignKeys(()))
"""The expansions of a resource that refers to nothing."""


class Expandable(NamedTuple):
    """How records of one resource are found, and written as JSON."""

    find: Callable[[ListQuery], MaybeAwaitable[ListResult]]
    codec: RecordCodec


class Expander:
    """Finds what records refer to: of each field with one query, whatever the number of records.

    `expandable` are the resources by their names. Where an asker may not read a record, there is null, as
    where a field refers to none.
    """

    def __init__(self, keys: ForeignKeys, expandable: Mapping[str, Expandable], reach: Reach) -> None:
        self.keys: Final = keys
        self._expandable = expandable
        self._reach = reach
        self._encode = msgspec.json.Encoder().encode

    async def listed(
        self, resource: str, found: MaybeAwaitable[ListResult], expansion: Expansion, asker: Identity | None
    ) -> tuple[ListResult, list[bytes]]:
        """What a list query finds, and what is shown beside each of the records."""
        result = await settled(found)
        return result, await self._beside(resource, result.records, expansion, asker)

    async def single(
        self, resource: str, found: MaybeAwaitable[Record], expansion: Expansion, asker: Identity | None
    ) -> tuple[Record, bytes]:
        """The record, and what is shown beside it."""
        record = await settled(found)
        (beside,) = await self._beside(resource, [record], expansion, asker)
        return record, beside

    async def _beside(
        self, resource: str, records: Sequence[Record], expansion: Expansion, asker: Identity | None
    ) -> list[bytes]:
        """The JSON of what is shown beside each of `records`, in their order."""
        shown: list[dict[str, msgspec.Raw | None]] = [{} for _ in records]
        for key in self.keys.of(resource):
            inner = expansion.get(key.field)
            if inner is not None:
                found = await self._found(key, records, inner, asker)
                for record, members in zip(records, shown, strict=True):
                    members[key.field] = found.get(getattr(record.value, key.field))
        return [self._encode(members) for members in shown]

    async def _found(
        self, key: ForeignKey, records: Sequence[Record], inner: Expansion, asker: Identity | None
    ) -> dict[str, msgspec.Raw]:
        """The JSON of what `records` refer to by `key`, as far as the asker may read it, by ids."""
        ids = tuple(dict.fromkeys(getattr(record.value, key.field) for record in records))
        ids = tuple(each for each in ids if each is not None)
        whose = self._reach(asker, key.target, Action.READ)
        if not ids or whose.is_refused:
            return {}
        where = (Comparison("id", Operator.IN, ids),)
        query = ListQuery(len(ids), None, counted=False, owner=whose.owner, where=where)
        find, codec = self._expandable[key.target]
        targets = (await settled(find(query))).records
        encoded = [codec.record(target) for target in targets]
        if inner:
            beside = await self._beside(key.target, targets, inner, asker)
            encoded = list(map(with_expansion, encoded, beside))
        return {target.id: msgspec.Raw(text) for target, text in zip(targets, encoded, strict=True)}


def with_expansion(record: bytes, beside: bytes) -> bytes:
    """The JSON of a record, with what it refers to beside its fields."""
    return b'%b,"expand":%b}' % (record[:-1], beside)
