"""The listener: nobody who was let in is forgotten when it stops."""

import asyncio
import socket
from pathlib import Path

import pytest
import uvloop

from estuary.http.http1.listener import Listener
from estuary.http.http1.terms import Terms
from estuary.http.http1.turns import ALONE, Turns
from tests.support.process import HOST
from tests.support.service import make_service

REQUEST = b"GET /health/live HTTP/1.1\r\nHost: estuary.test\r\n\r\n"


@pytest.mark.parametrize("turns", range(6))
@pytest.mark.parametrize("processes", [1, 2])
def test_whoever_is_connected_when_it_stops_is_answered(tmp_path: Path, processes: int, turns: int) -> None:
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
    whose = ALONE if processes == 1 else Turns([0, 1], 0)
    if processes > 1:
        whose.took()
    service = make_service(directory)
    await service.start()
    bound = socket.create_server((HOST, 0))
    address = bound.getsockname()
    listener = Listener(service.application, bound, Terms(), 8, whose)
    await listener.start()
    with socket.create_connection(address) as client:
        client.sendall(REQUEST)
        client.setblocking(False)
        for _ in range(turns):
            await asyncio.sleep(0)
        service.drain()
        listener.stop()
        await listener.stopped()
        answer = client.recv(65536)
    await service.stop()
    return answer
