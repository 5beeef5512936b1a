"""Records in memory by the values of a unique key."""

from collections.abc import Sequence
from itertools import islice
from typing import Any, Final

from estuary.core.errors import UniqueConflict
from estuary.core.queries.uniques import MOST_FOUND, UniqueKey, UniqueValues, Values
from estuary.core.record import Record


class UniqueRecords:
    """The records of one collection that are in each other's way by `key`.

    They are kept by the values of the fields, and within by their owners: a key of all owners has one owner
    for all, whose records are then not distinguished.
    """

    def __init__(self, key: UniqueKey) -> None:
        self.key: Final = key
        self._values = UniqueValues(key)
        self._records: dict[Values, dict[str, Record]] = {}

    def demand_free(self, record: Record) -> None:
        """Raise `UniqueConflict` where another record has the values of `record`."""
        values = self._values.of(record)
        found = None if values is None else self._records.get(values, {}).get(self._owner(record))
        if found is not None and found.id != record.id:
            raise UniqueConflict(self.key.fields)

    def add(self, record: Record) -> None:
        """Take in a record that is in no other's way."""
        values = self._values.of(record)
        if values is not None:
            self._records.setdefault(values, {})[self._owner(record)] = record

    def discard(self, record: Record) -> None:
        """Take `record` out."""
        values = self._values.of(record)
        if values is not None:
            by_owner = self._records[values]
            del by_owner[self._owner(record)]
            if not by_owner:
                del self._records[values]

    def find(self, given: Sequence[Any], owner: str | None) -> list[Record]:
        """Up to `MOST_FOUND` records with these values of the fields, of `owner` or of all."""
        values = self.key.values(given)
        by_owner = self._records.get(values, {}) if values is not None else {}
        if owner is None:
            return list(islice(by_owner.values(), MOST_FOUND))
        found = by_owner.get("" if self.key.of_all else owner)
        return [] if found is None or found.owner != owner else [found]

    def _owner(self, record: Record) -> str:
        return "" if self.key.of_all else record.owner
