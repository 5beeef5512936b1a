"""A request as it comes in: its head is whole, its body may still be on its way."""

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

import msgspec

from estuary.http.messages import Request

HIGH_WATER = 64 * 1024
"""Bytes of a body that may wait to be read before the client is told to slow down."""


class Flow(Protocol):
    """The connection, as a body's reader needs it."""

    def invite(self) -> None:
        """Tell a client that waits for `100 Continue` to go on."""
        ...

    def hold(self) -> None:
        """Receive nothing for now."""
        ...

    def let_flow(self) -> None:
        """Go on receiving."""
        ...


class Incoming(Request, eq=False, gc=False, kw_only=True):
    """A request whose body comes in over an HTTP/1.1 connection."""

    flow: Flow
    keep_alive: bool
    """Whether another request may follow on the connection."""
    persistent: bool = False
    """Whether the client, of HTTP/1.0, has to be told that it may."""
    expectant: bool = False
    """Whether the client waits for `100 Continue` before it sends the body."""
    complete: bool = False
    """Whether the whole message has arrived."""
    fault: Exception | None = None
    """Why it will never be whole: its framing broke, is out of all proportion, or the client went away."""
    pieces: list[bytes] = msgspec.field(default_factory=list)
    """What has arrived and is not read yet."""
    waiting: int = 0
    """How many bytes that is."""
    arrival: asyncio.Future[None] | None = None
    """What the body's reader waits for."""

    def feed(self, piece: bytes) -> None:
        """Take a piece of the body; when much waits to be read, no more is received for now."""
        self.pieces.append(piece)
        self.waiting += len(piece)
        self.wake()
        if self.waiting > HIGH_WATER:
            self.flow.hold()

    def truncate(self, fault: Exception) -> None:
        """What is missing will never come: whoever reads on gets `fault`."""
        if not self.complete:
            self.fault = fault
            self.wake()

    @property
    def arrived_body(self) -> bytes | None:
        """The whole body when all of it is here already, so that nobody has to wait."""
        if not self.complete:
            return None
        pieces = self.pieces
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def read_body(self) -> bytes:
        """The whole body; raises its `fault`."""
        return b"".join([piece async for piece in self.body_chunks()])

    async def body_chunks(self) -> AsyncIterator[bytes]:
        """The body piece by piece; raises its `fault` where it ends too early."""
        self.flow.invite()
        while True:
            pieces, self.pieces, self.waiting = self.pieces, [], 0
            if pieces:
                yield b"".join(pieces)
            if self.pieces:
                continue
            if self.complete:
                return
            if self.fault is not None:
                raise self.fault
            self.flow.let_flow()
            self.arrival = asyncio.get_running_loop().create_future()
            await self.arrival

    def wake(self) -> None:
        """Let the body's reader look again."""
        if self.arrival is not None and not self.arrival.done():
            self.arrival.set_result(None)
