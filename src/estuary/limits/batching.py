"""Hits that come at the same time are asked about together, in one message or statement.

For counters that are reached over a network: what costs is the question, not how many hits it is about.
"""

import asyncio
from collections.abc import Callable

from estuary.core.allowance import Decision
from estuary.core.errors import LimiterUnavailable

TURNS, SOME = 2, 4
"""So many turns of the event loop a batch waits for more hits, where the last one held so many."""


class Hits:
    """Successive hits of one client at one cost, of which the first that fit pass.

    A hit at another cost begins other hits. So each is decided in its turn, as if it had been asked about
    alone: a costly one is neither overtaken by those after it nor let pass in part.
    """

    __slots__ = ("client", "cost", "waiting")

    def __init__(self, client: str, cost: int) -> None:
        self.client = client
        self.cost = cost
        self.waiting: list[asyncio.Future[Decision]] = []

    def resolve(self, admitted: int, remaining: int, resets_in: float) -> None:
        """Tell each what became of it: the first `admitted` pass, and `remaining` is left after them."""
        for place, future in enumerate(self.waiting):
            if future.done():
                # Its client has gone meanwhile; that it was counted harms no other.
                continue
            if place < admitted:
                left = remaining + (admitted - 1 - place) * self.cost
                future.set_result(Decision(True, left, resets_in))
            else:
                future.set_result(Decision(False, remaining, resets_in))

    def fail(self, reason: str) -> None:
        """Tell each that it could not be counted."""
        for future in self.waiting:
            if not future.done():
                future.set_exception(LimiterUnavailable(reason))


class Batcher:
    """The hits that nothing was asked about yet.

    `flush` is called with all of them, in their order, at the end of the turn of the event loop in which
    the first one came. Where there were `SOME` the last time, it waits `TURNS` more: in a busy worker each
    brings others. Twice as many share a question then (`bench --questions limits`, Redis: 0.91 instead of
    0.83); a hit that comes alone waits for no other.
    """

    def __init__(self, flush: Callable[[list[Hits]], None]) -> None:
        self._flush = flush
        self._batch: list[Hits] = []
        self._latest: dict[str, Hits] = {}
        self._last_number = 0

    def join(self, client: str, cost: int) -> "asyncio.Future[Decision]":
        """The decision on one hit of `client`, when it is there."""
        if cost < 1:
            raise ValueError(f"cost must be positive: {cost}")
        loop = asyncio.get_running_loop()
        if not self._batch:
            loop.call_soon(self._go, loop, TURNS if self._last_number >= SOME else 0)
        future: asyncio.Future[Decision] = loop.create_future()
        hits = self._latest.get(client)
        if hits is None or hits.cost != cost:
            hits = self._latest[client] = Hits(client, cost)
            self._batch.append(hits)
        hits.waiting.append(future)
        return future

    def _go(self, loop: asyncio.AbstractEventLoop, turns: int) -> None:
        if turns:
            loop.call_soon(self._go, loop, turns - 1)
            return
        batch, self._batch, self._latest = self._batch, [], {}
        self._last_number = sum(len(hits.waiting) for hits in batch)
        self._flush(batch)
