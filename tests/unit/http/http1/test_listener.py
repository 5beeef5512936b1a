"""The listener: when it stops, every connection that was accepted is answered."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvloop

from estuary.app import Service
from estuary.http.http1.balance import ALONE, Balance
from estuary.http.http1.connection_limits import ConnectionLimits
from estuary.http.http1.listener import Listener
from tests.support.process import HOST
from tests.support.service import make_service

REQUEST = b"GET /health/live HTTP/1.1\r\nHost: estuary.test\r\n\r\n"


def test_a_request_that_was_not_read_yet_is_answered(tmp_path: Path) -> None:
    """A kept connection that looks idle may have one in the kernel's hands: closed then, it would be reset.

    A proxy does not send a POST a second time: one of sixty thousand requests failed during rollouts.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        answer = runner.run(answered_again(tmp_path))
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"\r\nconnection: close\r\n" in answer


async def answered_again(directory: Path) -> bytes:
    """What a client gets that sends a second request just before the listener stops."""
    async with listening(directory) as (service, listener, client):
        client.sendall(REQUEST)
        await received(client)
        client.sendall(REQUEST)
        service.drain()
        listener.stop()
        await listener.stopped()
        return await received(client)


@pytest.mark.parametrize("turns", range(6))
@pytest.mark.parametrize("processes", [1, 2])
def test_clients_connected_when_it_stops_are_answered(tmp_path: Path, processes: int, turns: int) -> None:
    """In the backlog, accepted, or made: all are answered, and only then everything has stopped.

    Of several processes, too, the last one to go takes what waits.

    Else the port resets the connection, or the store closes first and the request is answered 503: a few in
    ten thousand during rollouts.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(answered(tmp_path, turns, processes)).startswith(b"HTTP/1.1 200 ")


async def answered(directory: Path, turns: int, processes: int) -> bytes:
    """What a client gets that connects so many turns of the loop before the listener stops."""
    # Another process holds fewer connections: it is never our turn, but in the end.
    whose = ALONE if processes == 1 else Balance([0, 1], 0)
    if processes > 1:
        whose.opened()
    async with listening(directory, whose) as (service, listener, client):
        client.sendall(REQUEST)
        for _ in range(turns):
            await asyncio.sleep(0)
        service.drain()
        listener.stop()
        await listener.stopped()
        return await received(client)


@asynccontextmanager
async def listening(
    directory: Path, balance: Balance = ALONE
) -> AsyncIterator[tuple[Service, Listener, socket.socket]]:
    """A service, what listens for it, and a client that has connected."""
    service = make_service(directory)
    await service.start()
    bound = socket.create_server((HOST, 0))
    address = bound.getsockname()
    listener = Listener(service.application, bound, ConnectionLimits(), balance)
    listener.start()
    with socket.create_connection(address) as client:
        client.setblocking(False)
        yield service, listener, client
    await service.stop()


async def received(client: socket.socket) -> bytes:
    """What comes next; nothing where the connection is closed, or reset."""
    try:
        async with asyncio.timeout(10):
            return await asyncio.get_running_loop().sock_recv(client, 65536)
    except ConnectionError:
        return b""
