"""What is observed of a connection: that it was opened, its requests, and why it was closed."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvloop

from estuary.app import Service
from estuary.core.observations import ConnectionClosed, ConnectionOpened, Observation
from estuary.http.http1 import observed_connection as reasons
from estuary.http.http1.connection_limits import ConnectionLimits
from estuary.http.http1.listener import Listener
from tests.support.process import HOST
from tests.support.service import make_service
from tests.support.waiting import until

REQUEST = b"GET /health/live HTTP/1.1\r\nHost: estuary.test\r\n\r\n"
LAST = REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
HALF = REQUEST[:20]
WRONG = b"GET / HTTP/9.9\r\n\r\n"
UNFINISHED = b"GET /health/live HTTP/1.1\r\nHost: estuary.test\r\nContent-Length: 5\r\n\r\n"
SOON = 0.01


class Scene:
    """A service, what listens for it, what is observed, and a client that has connected."""

    def __init__(self, service: Service, listener: Listener, client: socket.socket) -> None:
        self.service, self.listener, self.client = service, listener, client
        self.address = client.getpeername()
        self.seen: list[Observation] = []
        self.stopped = False

    async def ask(self, request: bytes) -> None:
        """Send `request`, and wait for what comes."""
        self.client.sendall(request)
        async with asyncio.timeout(10):
            await asyncio.get_running_loop().sock_recv(self.client, 65536)

    def closed(self) -> list[tuple[int, str]]:
        """Requests and reason of each connection that was closed."""
        return [(each.requests, each.reason) for each in self.seen if isinstance(each, ConnectionClosed)]


@asynccontextmanager
async def scene(
    directory: Path, limits: ConnectionLimits, *, observed: bool = True
) -> AsyncIterator[Scene]:
    """All of it; what the block has not stopped is stopped when it ends."""
    service = make_service(directory)
    await service.start()
    bound = socket.create_server((HOST, 0))
    listener = Listener(service.application, bound, limits, observed=observed)
    with socket.create_connection(bound.getsockname()) as client:
        client.setblocking(False)
        made = Scene(service, listener, client)
        service.application.observe = made.seen.append
        listener.start()
        yield made
    if not made.stopped:
        listener.stop()
    await listener.stopped()
    await service.stop()


async def twice_and_gone(made: Scene) -> None:
    """Two requests, then the client closes."""
    await made.ask(REQUEST)
    await made.ask(REQUEST)
    made.client.close()


async def last(made: Scene) -> None:
    """The client says that its first request is its last."""
    await made.ask(LAST)


async def wrong(made: Scene) -> None:
    """What comes is no HTTP."""
    await made.ask(WRONG)


async def unfinished(made: Scene) -> None:
    """A body is announced that the route does not wait for."""
    await made.ask(UNFINISHED)
    made.client.close()


async def silent(_: Scene) -> None:
    """The client sends nothing."""


async def half(made: Scene) -> None:
    """The client sends half a head."""
    made.client.sendall(HALF)


async def stopping(made: Scene) -> None:
    """The service stops while the connection is idle."""
    await made.ask(REQUEST)
    made.service.drain()
    made.listener.stop()
    made.stopped = True


async def draining(made: Scene) -> None:
    """The service is about to stop, and says so with an answer."""
    made.service.drain()
    await made.ask(REQUEST)


async def cut(made: Scene) -> None:
    """The service stops, and does not wait any longer."""
    await made.ask(REQUEST)
    await made.listener.cut_off()


async def crowded(made: Scene) -> None:
    """Another client comes, where there is room for one connection."""
    await made.ask(REQUEST)
    with socket.create_connection(made.address):
        await until(lambda: bool(made.closed()))


Step = Callable[[Scene], Awaitable[None]]


@pytest.mark.parametrize(
    ("step", "limits", "expected"),
    [
        (twice_and_gone, ConnectionLimits(), (2, reasons.CLIENT_CLOSED)),
        (last, ConnectionLimits(), (1, reasons.ASKED_FOR)),
        (wrong, ConnectionLimits(), (1, reasons.REFUSED)),
        (unfinished, ConnectionLimits(), (1, reasons.UNREAD)),
        (silent, ConnectionLimits(head_seconds=SOON), (0, reasons.IDLE)),
        (half, ConnectionLimits(head_seconds=SOON), (1, reasons.HALF_A_HEAD)),
        (stopping, ConnectionLimits(), (1, reasons.STOPPED)),
        (draining, ConnectionLimits(), (1, reasons.STOPPED)),
        (cut, ConnectionLimits(), (1, reasons.STOPPED)),
        (crowded, ConnectionLimits(max_connections=1), (1, reasons.MADE_ROOM)),
    ],
)
def test_the_reason_is_who_closed_it_and_why(
    tmp_path: Path, step: Step, limits: ConnectionLimits, expected: tuple[int, str]
) -> None:
    """One observation when it is opened, one when it is closed, under the same name, with its requests."""

    async def run() -> list[Observation]:
        async with scene(tmp_path, limits) as made:
            await step(made)
            await until(lambda: bool(made.closed()))
            assert expected == made.closed()[0]
            return made.seen

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        seen = runner.run(run())
    opened = next(each for each in seen if isinstance(each, ConnectionOpened))
    closed = next(each for each in seen if isinstance(each, ConnectionClosed))
    assert opened.name == closed.name
    assert closed.seconds >= 0


def test_nothing_is_observed_unless_it_is_asked_for(tmp_path: Path) -> None:
    """So that connections cost nothing more where debug lines are off."""

    async def run() -> list[Observation]:
        async with scene(tmp_path, ConnectionLimits(), observed=False) as made:
            await twice_and_gone(made)
        return made.seen

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert [] == runner.run(run())
