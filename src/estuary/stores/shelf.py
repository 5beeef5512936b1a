"""Records in memory by their ids, by their order, and by their owners."""

from estuary.core.errors import StoreQueryFailed
from estuary.core.record import Record
from estuary.stores.timeline import Timeline

_NOTHING = Timeline()


class Shelf:
    """The records of one collection. Records without an owner cost nothing for the sake of owners."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}
        self._all = Timeline()
        self._owned: dict[str, Timeline] = {}

    def add(self, record: Record) -> None:
        """Take a new record in; raises `StoreQueryFailed` where its id is taken."""
        if record.id in self.records:
            raise StoreQueryFailed(f"the id {record.id} is taken")
        self.records[record.id] = record
        self._all.add(record)
        if record.owner:
            self._owned.setdefault(record.owner, Timeline()).add(record)

    def replace(self, record: Record) -> None:
        """Put `record` where the one with the same id, time of creation and owner is."""
        self.records[record.id] = record
        self._all.replace(record)
        if record.owner:
            self._owned[record.owner].replace(record)

    def remove(self, record: Record) -> None:
        """Take `record` out."""
        del self.records[record.id]
        self._all.remove(record)
        if record.owner:
            timeline = self._owned[record.owner]
            timeline.remove(record)
            if not len(timeline):
                del self._owned[record.owner]

    def timeline(self, owner: str | None) -> Timeline:
        """The records of `owner` in their order, or everybody's; not to be changed."""
        return self._all if owner is None else self._owned.get(owner, _NOTHING)
