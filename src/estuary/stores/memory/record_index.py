"""Records in memory by their ids, by their order, and by their owners."""

from estuary.core.errors import StoreQueryFailed
from estuary.core.record import Record
from estuary.stores.memory.sorted_records import SortedRecords

_NOTHING = SortedRecords()


class RecordIndex:
    """The records of one collection. Records without an owner cost nothing for the sake of owners."""

    def __init__(self) -> None:
        self.by_id: dict[str, Record] = {}
        self._all = SortedRecords()
        self._owned: dict[str, SortedRecords] = {}

    def add(self, record: Record) -> None:
        """Take a new record in; raises `StoreQueryFailed` where its id is taken."""
        if record.id in self.by_id:
            raise StoreQueryFailed(f"the id {record.id} is taken")
        self.by_id[record.id] = record
        self._all.add(record)
        if record.owner:
            self._owned.setdefault(record.owner, SortedRecords()).add(record)

    def replace(self, record: Record) -> None:
        """Put `record` where the one with the same id, time of creation and owner is."""
        self.by_id[record.id] = record
        self._all.replace(record)
        if record.owner:
            self._owned[record.owner].replace(record)

    def remove(self, record: Record) -> None:
        """Take `record` out."""
        del self.by_id[record.id]
        self._all.remove(record)
        if record.owner:
            records = self._owned[record.owner]
            records.remove(record)
            if not len(records):
                del self._owned[record.owner]

    def of_owner(self, owner: str | None) -> SortedRecords:
        """The records of `owner` in their order, or all records; not to be changed."""
        return self._all if owner is None else self._owned.get(owner, _NOTHING)
