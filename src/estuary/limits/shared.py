"""The rate limit counted in memory that the workers of one machine share: exact over all of them."""

from collections.abc import Callable

from estuary.core.allowance import Decision
from estuary.core.errors import LimiterUnavailable
from estuary.limits.locks import Held, Locks
from estuary.limits.table import Table
from estuary.limits.window import SlidingWindow, WindowCounter


class SharedRateLimiter:
    """Counts requests by client in `table`, which other processes use too; `window` is in seconds.

    `monotonic` must be the same clock in all of them (CLOCK_MONOTONIC is, on one machine); `locks` has one
    for each set of the table. The promises are those of `LocalRateLimiter`: the limit holds for every
    client, memory is bounded, and clients that come during a flood of addresses may be refused because of
    those they share a counter with.
    """

    def __init__(
        self, limit: int, window: float, table: Table, locks: Locks, monotonic: Callable[[], float]
    ) -> None:
        self.limit = limit
        self.window = window
        self._arithmetic = SlidingWindow(limit, window)
        self._table = table
        self._locks = locks
        self._monotonic = monotonic

    async def open(self) -> None:
        """The memory is there already."""

    async def close(self) -> None:
        """The memory goes with the last process that holds it."""

    def hit(self, client: str, cost: int = 1) -> Decision:
        """Count `cost` requests of `client` if all of them may pass, else none, and say which.

        Raises `LimiterUnavailable` if a process was stopped in the microseconds in which it counted for
        a client of the same set.
        """
        table = self._table
        name, set_ = table.name(client)
        self._acquire(set_)
        try:
            now = self._now()
            way = table.find(set_, name)
            if way is None:
                way = self._way_of_stranger(set_, name, now)
            counter = self._load(set_, way, now)
            decision = self._arithmetic.admit(counter, now, cost)
            if decision.allowed:
                table.store(set_, way, counter)
            return decision
        finally:
            self._locks.release(set_)

    def wait(self, client: str) -> float:
        """The seconds until a request of `client` would pass, 0 where it would now; counts nothing.

        Raises `LimiterUnavailable` as `hit` does.
        """
        name, set_ = self._table.name(client)
        self._acquire(set_)
        try:
            now = self._now()
            way = self._table.find(set_, name)
            # A stranger would be counted by what the shared counter says, in that one or in a copy of it.
            return self._arithmetic.wait(
                self._load(set_, self._table.side if way is None else way, now), now
            )
        finally:
            self._locks.release(set_)

    def _acquire(self, set_: int) -> None:
        try:
            self._locks.acquire(set_)
        except Held as error:
            raise LimiterUnavailable("another worker holds the lock of the client's counter") from error

    def _now(self) -> float:
        """One window late: for a counter of zeroes everything is long ago, also just after the start."""
        return self._monotonic() + self.window

    def _way_of_stranger(self, set_: int, name: bytes, now: float) -> int:
        """A way of its own, that of a client of whom nothing counts any more; else the shared one.

        A client that may have used the shared counter before begins with what that says: it could pass
        twice its limit in one window otherwise.
        """
        way = self._table.longest_silent(set_)
        if not self._arithmetic.expired(self._load(set_, way, now), now):
            return self._table.side
        shared = self._load(set_, self._table.side, now)
        self._table.store(set_, way, shared, name)
        return way

    def _load(self, set_: int, way: int, now: float) -> WindowCounter:
        """The counter there; if a process died while writing it, a counter that is used up."""
        counter = self._table.load(set_, way)
        if counter is None:
            counter = self._exhausted(now)
            self._table.store(set_, way, counter)
        return counter

    def _exhausted(self, now: float) -> WindowCounter:
        counter = WindowCounter()
        counter.used = self.limit
        counter.last = counter.oldest = counter.closes_at = now
        return counter
