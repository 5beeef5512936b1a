"""Reading a body while it arrives: the coroutines of `Incoming`, which is compiled and holds none."""

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol


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


class Arriving(Protocol):
    """A message whose body is on its way; its attributes are those of `Incoming`."""

    flow: Flow
    complete: bool
    fault: Exception | None
    arrival: asyncio.Future[None] | None

    def take(self) -> list[bytes]:
        """The pieces that have arrived and were not taken yet."""
        ...


async def whole_of(message: Arriving) -> bytes:
    """The whole body of `message`; raises its `fault`."""
    return b"".join([piece async for piece in pieces_of(message)])


async def pieces_of(message: Arriving) -> AsyncIterator[bytes]:
    """The body of `message` piece by piece; raises its `fault` where it ends too early."""
    message.flow.invite()
    while True:
        while pieces := message.take():
            yield b"".join(pieces)
        if message.complete:
            return
        if message.fault is not None:
            raise message.fault
        message.flow.let_flow()
        message.arrival = asyncio.get_running_loop().create_future()
        await message.arrival
