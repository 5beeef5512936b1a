"""The listening socket: bound once, before any worker, so that a port in use is found at once."""

import errno
import os
import socket
from typing import Any, NamedTuple

BACKLOG = 4096
"""Connections that may wait to be accepted: while a worker is replaced, all that come in do."""

_FIRST_PASSED_DESCRIPTOR = 3
_UNSENT_BYTES = 128 * 1024
"""What the system takes for a connection beyond what its client has room for (tcp_notsent_lowat in the
kernel's ip-sysctl.rst): a client that takes nothing of its answers would be worth 2.8 MiB otherwise."""


class CannotListen(Exception):
    """The address cannot be served; the message says why and what to do."""


class Names(NamedTuple):
    """The variables that say where to listen."""

    host: str
    port: str


SERVICE, ADMIN = Names("HOST", "PORT"), Names("ADMIN_HOST", "ADMIN_PORT")


class Sockets(NamedTuple):
    """Where a service listens: for everybody, and for operators' tools if they have a port of their own."""

    service: socket.socket
    admin: socket.socket | None

    def close(self) -> None:
        """Let go of both; processes that hold them as well go on listening."""
        self.service.close()
        if self.admin is not None:
            self.admin.close()


def listen(host: str, port: int, names: Names = SERVICE) -> socket.socket:
    """A socket listening on `host` and `port`, which `names` have said; raises `CannotListen`.

    SO_REUSEPORT stays off: with it, a second Estuary on the same port would start without an error and
    take half of the requests.
    """
    family, address = _resolve(host, port, names)
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _prepare(listener)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise CannotListen(explain(error, host, port, names)) from error
    return listener


def inherited(listen_fds: str, listen_pid: str) -> socket.socket | None:
    """The socket that a service manager passed on (sd_listen_fds(3)), or None if it passed none to us.

    `listen_fds` and `listen_pid` are the variables of these names, in capitals; raises `CannotListen`.
    """
    if not listen_fds or listen_pid != str(os.getpid()):
        return None
    if listen_fds != "1":
        raise CannotListen(f"LISTEN_FDS is {listen_fds}: Estuary serves exactly one socket")
    try:
        listener = socket.socket(fileno=_FIRST_PASSED_DESCRIPTOR)
        listening = listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError as error:
        raise CannotListen("LISTEN_FDS is set, but descriptor 3 is not a socket") from error
    if not listening or listener.family not in {socket.AF_INET, socket.AF_INET6}:
        raise CannotListen("LISTEN_FDS is set, but descriptor 3 is not a listening TCP socket")
    _prepare(listener)
    return listener


def address_of(listener: socket.socket) -> str:
    """Where the socket listens, as people write it: `http://127.0.0.1:3000`, `http://[::1]:3000`."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _prepare(listener: socket.socket) -> None:
    """Set what the connections that are accepted from it inherit."""
    # An answer is written in one piece and must not wait for more.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT_BYTES)


def _resolve(host: str, port: int, names: Names) -> tuple[int, tuple[Any, ...]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise CannotListen(
            f"{names.host} {host} is not an address and cannot be resolved; "
            "use one such as 0.0.0.0 or 127.0.0.1"
        ) from error
    family, _, _, _, address = found[0]
    return family, address


def explain(error: OSError, host: str, port: int, names: Names = SERVICE) -> str:
    """Why the system refused `host` and `port`, in the words of the variables that set them."""
    its_host, its_port = f"{names.host} {host}", f"{names.port} {port}"
    match error.errno:
        case errno.EADDRINUSE:
            other = f"stop what is listening there, or set another {names.port}"
            return f"{its_port} on {its_host} is in use; {other}"
        case errno.EACCES:
            return f"{its_port} is not permitted to this user; set a {names.port} of 1024 or above"
        case errno.EADDRNOTAVAIL:
            return f"{its_host} is not an address of this machine; 0.0.0.0 means all of them"
        case _:
            return f"cannot listen on {its_host}, {its_port}: {error.strerror}"
