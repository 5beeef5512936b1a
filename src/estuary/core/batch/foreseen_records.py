"""The records that the operations of a batch depend on, as the writes planned so far leave them."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple, assert_never

from msgspec.structs import replace

from estuary.core.awaiting import settled
from estuary.core.batch.operations import Operation
from estuary.core.errors import NotFound, SeveralRecords, WriteContention
from estuary.core.queries.uniques import MOST_FOUND, UniqueKey, UniqueValues, Values
from estuary.core.record import Place, Record
from estuary.core.record_id import is_record_id
from estuary.core.writes.writes import Delete, Insert, Update, Write


class _Value(NamedTuple):
    """A value of a unique key of a resource, as it is compared."""

    resource: str
    key: UniqueKey
    values: Values


class ForeseenRecords:
    """Reads records for `operations`, and follows how they change.

    These are the records that some operation depends on; where one names a record of a resource by a
    value, all records of that resource that any operation writes, for each may gain or lose the value.
    """

    def __init__(self, operations: Sequence[Operation]) -> None:
        self._operations = operations
        self._records: dict[Place, Record | None] = {}
        self._keys: dict[str, dict[UniqueKey, UniqueValues]] = defaultdict(dict)
        """By resource, the keys whose values name records."""
        self._having: dict[_Value, dict[str, Record]] = defaultdict(dict)
        """The records that have a value, by their ids."""
        self._several: set[tuple[_Value, str | None]] = set()
        """Values of which the store may have more records than it returned."""
        for operation in operations:
            if operation.named is not None:
                key = operation.named.key
                self._keys[operation.target.resource.name][key] = UniqueValues(key)
        self._places = {operation.place for operation in operations if self._is_followed(operation)}

    async def read(self) -> None:
        """Read what the operations depend on, by values first: ids are then known that these name."""
        asked: set[tuple[_Value, str | None]] = set()
        for operation in self._operations:
            value = _value_of(operation)
            if value is not None and (value, operation.owner) not in asked:
                asked.add((value, operation.owner))
                await self._find(operation, value)
        for operation in self._operations:
            if operation.place in self._places and operation.place not in self._records:
                self._keep(operation.place, await _read(operation))

    def at(self, place: Place, owner: str | None) -> Record | None:
        """The record at a place, of `owner` if given; None where there is none, or it is not known."""
        record = self._records.get(place)
        return None if record is None or owner not in (None, record.owner) else record

    def named(self, operation: Operation) -> Record | None:
        """The record that has the value which names that of `operation`; None where none has.

        Raises `SeveralRecords`, and `WriteContention` where the records were read while others changed.
        """
        value, owner = _value_of(operation), operation.owner
        if value is None:
            return None
        having = [each for each in self._having[value].values() if owner in (None, each.owner)]
        owners = {record.owner for record in having}
        if len(owners) < len(having):
            raise WriteContention
        if len(having) > 1 or (value, owner) in self._several:
            raise SeveralRecords
        return having[0] if having else None

    def follow(self, place: Place, write: Write, first_version: int) -> None:
        """Take in what `write` leaves at `place`; a record that it creates there has `first_version`."""
        if place in self._records or place.resource in self._keys:
            self._keep(place, _left_by(write, self._records.get(place), first_version))

    def _is_followed(self, operation: Operation) -> bool:
        by_value = operation.target.resource.name in self._keys
        return bool(operation.record_id) and (operation.depends or by_value)

    async def _find(self, operation: Operation, value: _Value) -> None:
        given = () if operation.named is None else (operation.named.value,)
        found = await settled(operation.target.collection.find(value.key, given, operation.owner))
        for record in found.records:
            self._keep(Place(value.resource, record.id), record)
        if len(found.records) == MOST_FOUND:
            self._several.add((value, operation.owner))

    def _keep(self, place: Place, record: Record | None) -> None:
        old, self._records[place] = self._records.get(place), record
        for key, values in self._keys.get(place.resource, {}).items():
            if old is not None and (lost := values.of(old)) is not None:
                self._having[_Value(place.resource, key, lost)].pop(old.id, None)
            if record is not None and (gained := values.of(record)) is not None:
                self._having[_Value(place.resource, key, gained)][record.id] = record


def _value_of(operation: Operation) -> _Value | None:
    """The value that names its record; None where it is named otherwise, or by what none can have."""
    if operation.named is None:
        return None
    key, value = operation.named
    values = key.values((value,))
    return None if values is None else _Value(operation.target.resource.name, key, values)


async def _read(operation: Operation) -> Record | None:
    if not is_record_id(operation.record_id):
        return None
    try:
        return await settled(operation.target.collection.get(operation.record_id, None))
    except NotFound:
        return None


def _left_by(write: Write, seen: Record | None, first_version: int) -> Record | None:
    """The record as `write` leaves it, None where there is none."""
    match write:
        case Insert():
            return write.record.at_version(first_version)
        case Update():
            if seen is None or (write.options.if_changed and seen.has(write.changes)):
                return seen
            value = replace(seen.value, **write.changes)
            return Record(seen.id, seen.version + 1, seen.created, write.updated_at, value, seen.owner)
        case Delete():
            return None
        case _ as unknown:
            assert_never(unknown)
