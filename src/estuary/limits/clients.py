"""The clients that this process counts: a bounded number of them, in bounded memory."""

import os
from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b
from typing import Final

from estuary.core.allowance import Decision
from estuary.limits.window import SlidingWindow, WindowCounter

SHARED_COUNTERS: Final = 4096
_EVICTIONS_PER_CLIENT: Final = 2
"""More than one, so that the dead are cleared away faster than clients come."""


class Clients:
    """Counts requests by client; `window` is in seconds of the clock `monotonic`.

    The first `max_clients` clients have a counter each, which is forgotten only when nothing in it counts
    any more. While all of these are live, further clients share `shared_counters` others, chosen by a
    hash under a key of this process. So the limit holds for every client and memory is bounded, however
    many addresses are forged; the price is paid by clients that arrive during such a flood, who may be
    refused because of those they share with. Clients that were known before it notice nothing, and the
    sharing ends at most one window after the flood.
    """

    def __init__(
        self,
        limit: int,
        window: float,
        max_clients: int,
        monotonic: Callable[[], float],
        *,
        shared_counters: int = SHARED_COUNTERS,
    ) -> None:
        self._window = window
        self._arithmetic = SlidingWindow(limit, window)
        self._max_clients = max_clients
        self._monotonic = monotonic
        # Ordered by the last request that passed, so that what can be forgotten comes first.
        self._counters: OrderedDict[str, WindowCounter] = OrderedDict()
        self._find = self._counters.get
        self._move_to_end = self._counters.move_to_end
        self._last = ""
        """Who stands last: nothing is moved while one client asks several times in a row."""
        self._shared: dict[int, WindowCounter] = {}
        self._shared_counters = shared_counters
        self._shared_until = 0.0
        self._key = os.urandom(16)

    def hit(self, client: str, cost: int = 1) -> Decision:
        """Count `cost` requests of `client` if all of them may pass, else none, and say which."""
        now = self._monotonic()
        counter = self._find(client)
        if counter is None:
            return self._arithmetic.admit(self._counter_of_stranger(client, now), now, cost)
        decision = self._arithmetic.admit(counter, now, cost)
        if decision.allowed and client != self._last:
            self._move_to_end(client)
            self._last = client
        return decision

    def wait(self, client: str) -> float:
        """The seconds until a request of `client` would pass, 0 where it would now; counts nothing."""
        now = self._monotonic()
        counter = self._find(client)
        if counter is None and now < self._shared_until:
            counter = self._shared.get(self._slot(client))
        return 0.0 if counter is None else self._arithmetic.wait(counter, now)

    def _counter_of_stranger(self, client: str, now: float) -> WindowCounter:
        self._evict(now)
        if len(self._counters) >= self._max_clients:
            return self._shared_counter(client, now)
        counter = self._counters[client] = self._first_counter(client, now)
        self._last = client
        return counter

    def _evict(self, now: float) -> None:
        """Forget a few clients of whom nothing counts any more: never a walk over all of them."""
        for _ in range(_EVICTIONS_PER_CLIENT):
            if not self._counters:
                return
            longest_silent = next(iter(self._counters.values()))
            if not self._arithmetic.expired(longest_silent, now):
                return
            self._counters.popitem(last=False)

    def _first_counter(self, client: str, now: float) -> WindowCounter:
        """An empty counter; or, if the client may have used a shared one, what that says.

        Starting such a client from nothing would let it pass twice its limit in one window.
        """
        if now >= self._shared_until:
            self._shared.clear()
            return WindowCounter()
        shared = self._shared.get(self._slot(client))
        return WindowCounter() if shared is None else shared.copy()

    def _shared_counter(self, client: str, now: float) -> WindowCounter:
        self._shared_until = now + self._window
        slot = self._slot(client)
        counter = self._shared.get(slot)
        if counter is None:
            counter = self._shared[slot] = WindowCounter()
        return counter

    def _slot(self, client: str) -> int:
        # Without the key no client can choose addresses that share a counter with a given client.
        digest = blake2b(client.encode(), digest_size=8, key=self._key).digest()
        return int.from_bytes(digest, "big") % self._shared_counters
