"""The port is bound or the reason is named, with the variable to change."""

import errno
import os
import socket
from contextlib import suppress

import pytest

from estuary.server.sockets import CannotListen, address_of, explain, inherited, listen

LOOPBACK = "127.0.0.1"


def test_it_listens_where_it_says() -> None:
    """The address is one that a browser opens."""
    with listen(LOOPBACK, 0) as listener:
        port = listener.getsockname()[1]
        assert f"http://127.0.0.1:{port}" == address_of(listener)
        socket.create_connection((LOOPBACK, port)).close()


def test_ipv6_addresses_stand_in_brackets() -> None:
    """RFC 3986, section 3.2.2."""
    with listen("::1", 0) as listener:
        assert f"http://[::1]:{listener.getsockname()[1]}" == address_of(listener)


def test_every_address_of_ipv6_takes_ipv4_in() -> None:
    """HOST=:: serves both, whatever the system's default is."""
    with listen("::", 0) as listener:
        address = (LOOPBACK, listener.getsockname()[1])
        with socket.create_connection(address) as client:
            assert address == client.getpeername()


def test_a_name_is_resolved() -> None:
    """HOST may be a name of this machine."""
    with listen("localhost", 0) as listener:
        assert listener.getsockname()[0] in {"127.0.0.1", "::1"}


def test_little_is_taken_for_a_client_that_takes_nothing() -> None:
    """The system would take megabytes of answers; it takes little more than the client has room for."""
    taken = 0
    with listen(LOOPBACK, 0) as listener, socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(listener.getsockname())
        connection, _ = listener.accept()
        with connection:
            connection.setblocking(False)
            with suppress(BlockingIOError):
                while taken < 4 * 2**20:
                    taken += connection.send(bytes(65536))
    assert taken <= 256 * 1024


def test_a_name_that_means_nothing_is_named() -> None:
    """The message names HOST and what it was."""
    with pytest.raises(CannotListen, match=r"HOST no-such-host\.invalid "):
        listen("no-such-host.invalid", 0)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.EACCES, "PORT 80 is not permitted to this user; set a PORT of 1024 or above"),
        (errno.EADDRINUSE, "PORT 80 on HOST ::1 is in use"),
        (errno.EADDRNOTAVAIL, "HOST ::1 is not an address of this machine"),
        (errno.ENOBUFS, "cannot listen on HOST ::1, PORT 80: No buffer space available"),
    ],
)
def test_each_refusal_of_the_system_says_what_to_do(number: int, expected: str) -> None:
    """The variable is named, whatever the system's reason is."""
    assert explain(OSError(number, os.strerror(number)), "::1", 80).startswith(expected)


@pytest.mark.parametrize(
    ("fds", "pid"),
    [("", ""), ("1", ""), ("1", "1"), pytest.param("", str(os.getpid()), id="none for this process")],
)
def test_sockets_passed_to_no_process_or_to_another_one_are_not_ours(fds: str, pid: str) -> None:
    """LISTEN_PID says whom they were passed to; a child that inherits the variables was not meant."""
    assert inherited(fds, pid) is None


def test_more_sockets_than_one_are_refused() -> None:
    """To serve one of them and leave the clients of the others waiting would hide the mistake."""
    with pytest.raises(CannotListen, match="LISTEN_FDS is 2"):
        inherited("2", str(os.getpid()))
