"""A request as it comes in: its head is whole, its body may still be on its way."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import Final

from estuary.http.header_fields import Fields
from estuary.http.http1.arriving import Flow, pieces_of, whole_of
from estuary.http.messages import Request

HIGH_WATER: Final = 64 * 1024
"""Bytes of a body that may wait to be read before the socket is no longer read."""


class Incoming(Request):
    """A request whose body comes in over an HTTP/1.1 connection."""

    __slots__ = (
        "_pieces",
        "_waiting",
        "arrival",
        "complete",
        "fault",
        "flow",
        "following",
        "keep_alive",
        "old",
    )

    def __init__(
        self, method: str, path: str, query: str, headers: Fields, peer: str, flow: Flow, keep_alive: bool
    ) -> None:
        super().__init__(method, path, query, headers, peer)
        self.flow = flow
        self.keep_alive = keep_alive
        """Whether another request may follow on the connection."""
        self.old = False
        """Whether the client speaks HTTP/1.0: it needs `keep-alive` confirmed, and no `100 Continue`."""
        self.complete = False
        """Whether the whole message has arrived."""
        self.fault: Exception | None = None
        """Why it will never be whole: its framing broke or is too large, or the client went away."""
        self.arrival: asyncio.Future[None] | None = None
        """The future that the body's reader waits for."""
        self.following: Incoming | None = None
        """The next request of those that wait."""
        self._pieces: list[bytes] | None = None
        self._waiting = 0

    def feed(self, piece: bytes) -> None:
        """Take a piece of the body; when much waits to be read, no more is received for now."""
        if self._pieces is None:
            self._pieces = [piece]
        else:
            self._pieces.append(piece)
        self._waiting += len(piece)
        self.wake()
        if self._waiting > HIGH_WATER:
            self.flow.hold()

    def take(self) -> list[bytes]:
        """The pieces that have arrived and were not taken yet."""
        pieces, self._pieces, self._waiting = self._pieces, None, 0
        return pieces or []

    def truncate(self, fault: Exception) -> None:
        """What is missing will never come: reading on raises `fault`."""
        if not self.complete:
            self.fault = fault
            self.wake()

    @property
    def arrived_body(self) -> bytes | None:
        """The whole body when all of it is here already, so that nothing has to be waited for."""
        if not self.complete:
            return None
        pieces = self._pieces
        if pieces is None:
            return b""
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def read_body(self) -> Awaitable[bytes]:
        """The whole body; raises its `fault`."""
        return whole_of(self)

    def body_chunks(self) -> AsyncIterator[bytes]:
        """The body piece by piece; raises its `fault` where it ends too early."""
        return pieces_of(self)

    def wake(self) -> None:
        """Let the body's reader look again."""
        if self.arrival is not None and not self.arrival.done():
            self.arrival.set_result(None)


class Waiting:
    """Requests that wait, in the order in which they came; `number` of them.

    Each knows the next: mostly there is one, for which a list would get its memory and give it back.
    """

    __slots__ = ("_first", "_last", "number")

    def __init__(self) -> None:
        self._first: Incoming | None = None
        self._last: Incoming | None = None
        self.number = 0

    def add(self, request: Incoming) -> None:
        """Put `request` behind all others."""
        if self._last is None:
            self._first = request
        else:
            self._last.following = request
        self._last = request
        self.number += 1

    def take(self) -> Incoming | None:
        """The first of them, which waits no longer; None where there is none."""
        first = self._first
        if first is None:
            return None
        self._first, first.following = first.following, None
        if self._first is None:
            self._last = None
        self.number -= 1
        return first

    def clear(self) -> None:
        """None of them is wanted any more."""
        while self.take() is not None:
            pass
