"""What a delete takes with it: the records that refer to it, and whether they are deleted or changed.

It is planned from what can be read now. Each write of the plan expects the version that was read, and the
store has the last word on references: where others write in between, a delete is refused, and planned
again.
"""

from asyncio import sleep
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace

from estuary.core.access.access import Action
from estuary.core.access.identity import Identity
from estuary.core.access.reach import Reach
from estuary.core.awaiting import settled
from estuary.core.errors import CascadeTooLarge, Referenced
from estuary.core.observations import RecordsCascaded
from estuary.core.ports import Collection, Observer
from estuary.core.queries.conditions import Comparison, Operator
from estuary.core.queries.query import ListQuery, position_in
from estuary.core.record import Place, Record, Written
from estuary.core.references.foreign_keys import ForeignKey, ForeignKeys, OnDelete
from estuary.core.writes.writes import Delete, Insert, Update, Write, WriteOptions, id_of

MOST_CASCADED: Final = 10_000
"""Records that a delete changes or takes with it: they are one transaction, for which others wait."""
_PAGE: Final = 500
_UNINTERRUPTED: Final = 20
"""Records that are looked at before others have a turn, where the store answers at once."""


class Cascades:
    """Plans deletes in `collections`, which are by their resources, for askers with `reach`."""

    def __init__(self, keys: ForeignKeys, collections: Mapping[str, Collection], reach: Reach) -> None:
        self._keys = keys
        self._collections = collections
        self._reach = reach

    def concern(self, resource: str) -> bool:
        """Whether a delete in `resource` may take others with it, or change them."""
        return any(key.on_delete is not OnDelete.RESTRICT for key in self._keys.to(resource))

    async def planned(
        self, delete: Delete, root: Record, now: datetime, earlier: Sequence[Write] = ()
    ) -> Delete:
        """`delete`, of `root`, with the writes that come before it, where `earlier` ones were made.

        Raises `Referenced` where one of them is refused to the asker, and `CascadeTooLarge`.
        """
        plan = _Plan(Place(delete.resource, root.id), root)
        pending = _Pending(earlier)
        waiting = deque([plan.root])
        planned = 0
        while waiting:
            place = waiting.popleft()
            planned += 1
            if planned % _UNINTERRUPTED == 0:
                await sleep(0)
            for key in self._keys.to(place.resource):
                if key.on_delete is OnDelete.RESTRICT:
                    continue
                async for record in self._referring(key, place.id, pending):
                    self._demand_reach(key, record, delete.options.identity)
                    if plan.take(key, record):
                        waiting.append(Place(key.resource, record.id))
        return plan.completed(delete, self._keys, pending, now)

    async def _referring(
        self, key: ForeignKey, record_id: str, pending: "_Pending"
    ) -> AsyncIterator[Record]:
        """The records that refer by `key` to the one with this id, of all owners, as they are by then."""
        where = (Comparison(key.field, Operator.EQ, record_id),)
        query: ListQuery | None = ListQuery(_PAGE, None, counted=False, where=where)
        while query is not None:
            records = (await settled(self._collections[key.resource].list(query))).records
            for record in records:
                if pending.leaves(key, record):
                    yield record
            full = len(records) == _PAGE
            query = replace(query, after=position_in((), records[-1])) if full else None
        for record in pending.inserted(key, record_id):
            yield record

    def _demand_reach(self, key: ForeignKey, record: Record, identity: Identity | None) -> None:
        action = Action.DELETE if key.on_delete is OnDelete.CASCADE else Action.UPDATE
        if not self._reach(identity, key.resource, action).admits(record.owner):
            raise Referenced


def report(write: Write, written: Written, observe: Observer) -> None:
    """Tell `observe` what went with the record of a delete; nothing did where it was not made now."""
    before = write.options.before
    if not before or not written.made:
        return
    deleted = {Place(each.resource, id_of(each)) for each in before if isinstance(each, Delete)}
    updated = {Place(each.resource, id_of(each)) for each in before} - deleted
    observe(RecordsCascaded(write.resource, _numbers(deleted), _numbers(updated)))


def _numbers(places: Iterable[Place]) -> dict[str, int]:
    return dict(Counter(place.resource for place in places))


class _Pending:
    """What writes of the same transaction have made before of records that are read as they were."""

    def __init__(self, writes: Sequence[Write]) -> None:
        self._last = {Place(write.resource, id_of(write)): write for write in writes}

    def leaves(self, key: ForeignKey, record: Record) -> bool:
        """Whether `record` is still there, and refers by `key` to what it was read to refer to."""
        match self._last.get(Place(key.resource, record.id)):
            case Delete():
                return False
            case Update(changes=changes):
                target = getattr(record.value, key.field)
                return bool(changes.get(key.field, target) == target)
        return True

    def inserted(self, key: ForeignKey, record_id: str) -> Iterator[Record]:
        """The new records that refer by `key` to the one with this id."""
        for place, write in self._last.items():
            if isinstance(write, Insert) and place.resource == key.resource:
                target = getattr(write.record.value, key.field)
                yield from (write.record,) if target == record_id else ()

    def version(self, place: Place, record: Record) -> int | None:
        """The version that a write to `record` expects; None where it was written to since it was read."""
        return None if place in self._last else record.version


class _Plan:
    """The records that are to be deleted, and the fields of others that are to be null."""

    def __init__(self, root: Place, record: Record) -> None:
        self.root: Final = root
        self._deleted: dict[Place, Record] = {root: record}
        self._cleared: dict[Place, Record] = {}
        self._changes: dict[Place, dict[str, Any]] = {}

    def take(self, key: ForeignKey, record: Record) -> bool:
        """Put `record`, which refers by `key`, in; whether it is to be deleted, and was not so far."""
        place = Place(key.resource, record.id)
        if place in self._deleted:
            return False
        cascades = key.on_delete is OnDelete.CASCADE
        if cascades:
            self._deleted[place] = record
        else:
            self._cleared[place] = record
            self._changes.setdefault(place, {})[key.field] = None
        if len(self._deleted) + len(self._cleared) > MOST_CASCADED:
            raise CascadeTooLarge
        return cascades

    def completed(self, delete: Delete, keys: ForeignKeys, pending: _Pending, now: datetime) -> Delete:
        """`delete`, which is that of the root, with all other writes of the plan before it."""
        order = keys.referring_first(reversed(self._deleted))
        order.remove(self.root)
        loosened = self._loosened([*order, self.root], keys)

        def version(place: Place, record: Record) -> int | None:
            read = pending.version(place, record)
            return read + 1 if read is not None and place in loosened else read

        changes = [(place, record, self._changes[place]) for place, record in self._cleared.items()]
        changes = [each for each in changes if each[0] not in self._deleted]
        changes += [(place, self._deleted[place], values) for place, values in loosened.items()]
        before: list[Write] = [
            Update(*place, values, now, WriteOptions(expected_version=pending.version(place, record)))
            for place, record, values in changes
        ]
        before += [
            Delete(*place, WriteOptions(expected_version=version(place, self._deleted[place])))
            for place in order
        ]
        options = replace(delete.options, before=tuple(before))
        if self.root in loosened:
            options = replace(options, expected_version=version(self.root, self._deleted[self.root]))
        return replace(delete, options=options)

    def _loosened(self, order: Sequence[Place], keys: ForeignKeys) -> dict[Place, dict[str, Any]]:
        """The fields of records in `order` that refer to such as are deleted before: what they are to hold.

        Records that refer to each other in a circle could not be deleted one after the other. A field that
        cannot be null refers to its own record then.
        """
        places = {place: number for number, place in enumerate(order)}
        loosened: dict[Place, dict[str, Any]] = {}
        for place, number in places.items():
            for key in keys.of(place.resource):
                target = Place(key.target, getattr(self._deleted[place].value, key.field))
                if places.get(target, number) < number and (key.optional or key.is_within):
                    value = None if key.optional else place.id
                    loosened.setdefault(place, {})[key.field] = value
        return loosened
