"""References between the collections of a store in memory."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from estuary.core.errors import Referenced, ReferenceMissing
from estuary.core.record import Record
from estuary.core.writes.writes import Demand


class ReferringRecords:
    """How many records of one collection refer to each record of another, or of the same, by `field`."""

    def __init__(self, field: str) -> None:
        self.field: Final = field
        self._numbers: dict[str, int] = {}

    def add(self, record: Record) -> None:
        """Count a record in."""
        target = getattr(record.value, self.field)
        if target is not None:
            self._numbers[target] = self._numbers.get(target, 0) + 1

    def discard(self, record: Record) -> None:
        """Count a record out."""
        target = getattr(record.value, self.field)
        if target is not None:
            self._numbers[target] -= 1
            if not self._numbers[target]:
                del self._numbers[target]

    def number(self, record_id: str) -> int:
        """How many refer to the record."""
        return self._numbers.get(record_id, 0)


class References:
    """What the records of one collection refer to, and what refers to them.

    `targets` give by field the owner of the record that has an id, None where there is none. `referring`
    count those that refer to one, and `own` are the fields by which records of this collection refer to
    each other.
    """

    def __init__(
        self,
        targets: Mapping[str, Callable[[str], str | None]],
        referring: Sequence[Callable[[str], int]],
        own: Sequence[str],
    ) -> None:
        self._targets = targets
        self._referring = referring
        self._own = own

    def demand_targets(self, record: Record, demands: Sequence[Demand]) -> None:
        """Raise `ReferenceMissing` where `record` refers to one that is not there, or not as demanded.

        It may refer to itself.
        """
        for field, owner_of in self._targets.items():
            target = getattr(record.value, field)
            if target is None or (field in self._own and target == record.id):
                continue
            if owner_of(target) is None:
                raise ReferenceMissing(field)
        for demand in demands:
            owner = (
                record.owner
                if demand.record_id == record.id
                else self._targets[demand.field](demand.record_id)
            )
            if owner is None or owner != demand.owner:
                raise ReferenceMissing(demand.field)

    def demand_unreferenced(self, record: Record) -> None:
        """Raise `Referenced` where a record other than itself refers to `record`."""
        itself = sum(getattr(record.value, field) == record.id for field in self._own)
        if sum(count(record.id) for count in self._referring) > itself:
            raise Referenced
