"""A cache in the process's own memory: the records read last, up to a number, for a time."""

from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from estuary.core.record import Record
from estuary.core.resource import Resource
from estuary.stores.cache.port import Miss
from estuary.stores.cache.stamps import Stamps


class _Entry(NamedTuple):
    """A cached record, when it expires, and the stamp it was read under."""

    record: Record
    expires_at: float
    stamp: int


class LocalCache:
    """Implements `RecordCache` with at most `max_entries` records, each for at most `ttl` seconds.

    Workers that share `stamps` see each other's writes at once, though each has records of its own.
    """

    def __init__(
        self, max_entries: int, ttl: float, *, monotonic: Callable[[], float], stamps: Stamps
    ) -> None:
        self._max_entries = max_entries
        self._ttl = ttl
        self._monotonic = monotonic
        self._stamps = stamps
        self._entries: OrderedDict[str, _Entry] = OrderedDict()

    def look(self, record_id: str) -> Record | Miss:
        """The record, if it is young enough and it was not written to."""
        stamp = self._stamps.of(record_id)
        entry = self._entries.get(record_id)
        if entry is None:
            return Miss(stamp)
        if entry.stamp != stamp or entry.expires_at <= self._monotonic():
            del self._entries[record_id]
            return Miss(stamp)
        self._entries.move_to_end(record_id)
        return entry.record

    async def keep(self, miss: Miss, record: Record) -> None:
        """Keep what was read under a stamp that still holds; the one not asked for longest makes room."""
        stamp = self._stamps.of(record.id)
        if stamp != miss.ticket:
            return
        self._entries[record.id] = _Entry(record, self._monotonic() + self._ttl, stamp)
        self._entries.move_to_end(record.id)
        if len(self._entries) > self._max_entries:
            self._entries.popitem(last=False)

    async def forget(self, record_id: str) -> None:
        """Forget the record, here at once, in other workers at their next look."""
        self._stamps.renew(record_id)
        self._entries.pop(record_id, None)

    async def clear(self) -> None:
        """Forget every record."""
        self._stamps.renew_all()
        self._entries.clear()


class LocalCaches:
    """Implements `Caches` with a `LocalCache` for each resource."""

    def __init__(
        self, max_entries: int, ttl: float, *, monotonic: Callable[[], float], stamps: Stamps
    ) -> None:
        self._make = partial(LocalCache, max_entries, ttl, monotonic=monotonic, stamps=stamps)

    async def open(self) -> None:
        """There is nothing to open."""

    async def close(self) -> None:
        """There is nothing to close."""

    def of(self, _resource: Resource, /) -> LocalCache:
        """A new cache."""
        return self._make()
