"""The acceptor: the process with the fewest connections takes the next one, and none is left waiting."""

import asyncio
import errno
import resource
import socket
from collections.abc import Iterator

import pytest

from estuary.http.http1.acceptor import Acceptor
from estuary.http.http1.balance import Balance
from tests.support.process import HOST
from tests.support.waiting import until


class Held(asyncio.Protocol):
    """A connection that does nothing."""


class Unlimited:
    """Room for all; it keeps why the system had none."""

    def __init__(self) -> None:
        self.errors: list[OSError] = []

    def admits(self) -> bool:
        """There always is."""
        return True

    def exhausted(self, error: OSError) -> None:
        """Keep the reason."""
        self.errors.append(error)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A listening socket."""
    with socket.create_server((HOST, 0)) as made:
        yield made


def acceptor_of(listener: socket.socket, balance: Balance, room: Unlimited | None = None) -> Acceptor:
    """What accepts from it, as in a separate process."""
    acceptor = Acceptor(listener.dup(), Held, balance, room or Unlimited())
    acceptor.start()
    return acceptor


def connect(listener: socket.socket, count: int) -> list[socket.socket]:
    """So many clients, connected."""
    return [socket.create_connection(listener.getsockname()) for _ in range(count)]


async def test_two_share_what_comes(listener: socket.socket) -> None:
    """Of many that come at once, each takes about its half."""
    held = [0, 0]
    both = [acceptor_of(listener, Balance(held, number)) for number in range(2)]
    clients = connect(listener, 40)
    await until(lambda: 42 == sum(held))
    assert abs(held[0] - held[1]) <= 2
    for acceptor in both:
        acceptor.close()
    for client in clients:
        client.close()


async def test_what_others_leave_is_taken(listener: socket.socket) -> None:
    """A stopped process delays the connections of its share for a moment; all are answered."""
    held = [0, 1]
    acceptor = acceptor_of(listener, Balance(held, 0))
    clients = connect(listener, 50)
    await until(lambda: [51, 1] == held)
    acceptor.close()
    for each in clients:
        each.close()


async def test_closing_accepts_what_waits_and_nothing_later(listener: socket.socket) -> None:
    """Also when it was about to take what others had left: those who come later are theirs."""
    held = [1, 1]
    balance = Balance(held, 0)
    balance.opened()
    acceptor = acceptor_of(listener, balance)
    clients = connect(listener, 1)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    acceptor.close()
    assert [3, 1] == held
    clients += connect(listener, 1)
    other = acceptor_of(listener, Balance(held, 1))
    await until(lambda: [3, 2] == held)
    other.close()
    for each in clients:
        each.close()


async def test_a_process_without_descriptors_goes_on_when_it_has_some(listener: socket.socket) -> None:
    """The connection waits in the backlog, and the loop does not spin meanwhile."""
    held = [0, 0]
    client = socket.socket()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    room = Unlimited()
    acceptor = acceptor_of(listener, Balance(held, 0), room)
    resource.setrlimit(resource.RLIMIT_NOFILE, (client.fileno() + 1, hard))
    fillers = []
    try:
        while True:
            fillers.append(socket.socket())
    except OSError:
        pass
    try:
        client.connect(listener.getsockname())
        await until(lambda: [] != room.errors)
        assert [1, 0] == held
        assert errno.EMFILE == room.errors[0].errno
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    await until(lambda: [2, 0] == held)
    acceptor.close()
    for each in (client, *fillers):
        each.close()
