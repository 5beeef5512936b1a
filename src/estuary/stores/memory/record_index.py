"""Records in memory by their ids, by their order, by their owners, and by the indexes of their resource."""

from typing import Final, NamedTuple

from estuary.core.errors import StoreQueryFailed
from estuary.core.queries.conditions import SortKey
from estuary.core.queries.indexes import IndexDefinition, backwards
from estuary.core.queries.uniques import UniqueKey
from estuary.core.record import Position, Record
from estuary.core.resource import Resource
from estuary.stores.memory.ordered_records import OrderedRecords
from estuary.stores.memory.references import ReferringRecords
from estuary.stores.memory.sorted_records import SortedRecords
from estuary.stores.memory.unique_records import UniqueRecords

_NOTHING = SortedRecords()
_AT_ONCE = 256
"""How many records an order takes in at a time while it is made: about a millisecond's work."""


class _Name(NamedTuple):
    """Names an order: by the keys of an index, of all records, or of those with owners by owner first."""

    keys: tuple[SortKey, ...]
    by_owner: bool


class RecordIndex:
    """The records of one collection.

    Records without an owner cost nothing for the sake of owners. An index costs nothing until a query needs
    it: its order is made then, and kept from then on.
    """

    def __init__(self, resource: Resource) -> None:
        self.resource: Final = resource
        self.optional: Final = frozenset(
            name for name, attribute in resource.attributes.items() if attribute.optional
        )
        self.by_id: dict[str, Record] = {}
        self._orders: dict[_Name, OrderedRecords] = {}
        self._found: dict[tuple[IndexDefinition, bool], OrderedRecords] = {}
        """The same by indexes: two that are each other's reverse have one order."""
        self._all = SortedRecords()
        self._owned: dict[str, SortedRecords] = {}
        self._unique = [UniqueRecords(key) for key in resource.unique_keys]
        self._referring = [ReferringRecords(key.field) for key in resource.foreign_keys]

    def add(self, record: Record) -> None:
        """Take a new record in; raises `UniqueConflict`, `StoreQueryFailed` where its id is taken."""
        if record.id in self.by_id:
            raise StoreQueryFailed(f"the id {record.id} is taken")
        if self._unique:
            self._make_unique(record, None)
        for referring in self._referring:
            referring.add(record)
        self.by_id[record.id] = record
        self._all.add(record)
        if record.owner:
            self._owned.setdefault(record.owner, SortedRecords()).add(record)
        for name, order in self._orders.items():
            if record.owner or not name.by_owner:
                order.add(record)

    def replace(self, record: Record) -> None:
        """Put `record` where the one with the same id, time of creation and owner is.

        Raises `UniqueConflict`, having changed nothing.
        """
        if self._unique:
            self._make_unique(record, self.by_id[record.id])
        for referring in self._referring:
            referring.discard(self.by_id[record.id])
            referring.add(record)
        for order in self._orders.values():
            order.replace(self.by_id[record.id], record)
        self.by_id[record.id] = record
        self._all.replace(record)
        if record.owner:
            self._owned[record.owner].replace(record)

    def remove(self, record: Record) -> None:
        """Take `record` out."""
        known = self.by_id.pop(record.id)
        for unique in self._unique:
            unique.discard(known)
        for referring in self._referring:
            referring.discard(known)
        for order in self._orders.values():
            order.discard(known)
        self._all.remove(record)
        if record.owner:
            records = self._owned[record.owner]
            records.remove(record)
            if not len(records):
                del self._owned[record.owner]

    def by_key(self, key: UniqueKey) -> UniqueRecords:
        """The records by one of the resource's unique keys."""
        return next(each for each in self._unique if each.key == key)

    def number_referring(self, field: str, record_id: str) -> int:
        """How many records refer by `field` to the one with this id."""
        return next(each for each in self._referring if each.field == field).number(record_id)

    def demand_unique(self, record: Record) -> None:
        """Raise `UniqueConflict` where another record is in the way of `record`."""
        for unique in self._unique:
            unique.demand_free(record)

    def _make_unique(self, record: Record, former: Record | None) -> None:
        """Take `record` in, in place of its `former` state; raises `UniqueConflict`, changing nothing."""
        self.demand_unique(record)
        for unique in self._unique:
            if former is not None:
                unique.discard(former)
            unique.add(record)

    def of_owner(self, owner: str | None) -> SortedRecords:
        """The records of `owner` in their order, or all records; not to be changed."""
        return self._all if owner is None else self._owned.get(owner, _NOTHING)

    def order(self, index: IndexDefinition, by_owner: bool) -> OrderedRecords:
        """The records in the order of `index`, or those with owners by owner first; maybe not all yet."""
        order = self._found.get((index, by_owner))
        if order is None:
            order = self._found[index, by_owner] = self._order(index, by_owner)
        if not order.complete:
            self.extend(order)
        return order

    def _order(self, index: IndexDefinition, by_owner: bool) -> OrderedRecords:
        # Either direction serves the same queries, and values that ascend are compared as they are.
        keys = backwards(index.keys) if index.keys[-1].descending else index.keys
        name = _Name(keys, by_owner)
        order = self._orders.get(name)
        if order is None:
            order = self._orders[name] = OrderedRecords(keys, self.optional, by_owner)
        return order

    def extend(self, order: OrderedRecords) -> None:
        """Put a few more records into an order that is not complete."""
        some = self._all.after(order.reached, _AT_ONCE)
        for record in some:
            if record.owner or not order.by_owner:
                order.add(record)
        if len(some) < _AT_ONCE:
            order.complete = True
        else:
            order.reached = Position(some[-1].created, some[-1].id)
