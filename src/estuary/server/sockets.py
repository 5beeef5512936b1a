"""The listening sockets: bound before any worker starts, so that a port in use is an error at once."""

import errno
import os
import socket
from typing import Any

import msgspec

BACKLOG = 4096
"""Connections that may wait to be accepted: all new ones do while the only worker is replaced."""

_FIRST_PASSED_DESCRIPTOR = 3
_UNSENT_BYTES = 128 * 1024
"""The limit on unsent bytes in a connection's send buffer (tcp_notsent_lowat in the kernel's
ip-sysctl.rst): without it, a client that does not read its answers would take up 2.8 MiB."""


class CannotListen(Exception):
    """The address cannot be listened on; the message says why and what to do."""


class AddressVariables(msgspec.Struct, frozen=True):
    """The names of the variables that an address comes from, for messages."""

    host: str
    port: str


SERVICE, ADMIN = AddressVariables("HOST", "PORT"), AddressVariables("ADMIN_HOST", "ADMIN_PORT")


class Sockets(msgspec.Struct, frozen=True):
    """The service's listening socket, and the operators' one if it is configured."""

    service: socket.socket
    admin: socket.socket | None

    def close(self) -> None:
        """Close both in this process; other processes that hold them go on listening."""
        self.service.close()
        if self.admin is not None:
            self.admin.close()


def listen(host: str, port: int, names: AddressVariables = SERVICE) -> socket.socket:
    """A socket listening on `host` and `port`, the values of `names`; raises `CannotListen`.

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
    """The socket that a service manager passed to this process (sd_listen_fds(3)), or None.

    The arguments are the values of LISTEN_FDS and LISTEN_PID. Raises `CannotListen`.
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
    """The socket's address as a URL: `http://127.0.0.1:3000`, `http://[::1]:3000`."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _prepare(listener: socket.socket) -> None:
    """Set the options that accepted connections inherit."""
    # An answer is written in one piece, so Nagle's algorithm could only delay it.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT_BYTES)


def _resolve(host: str, port: int, names: AddressVariables) -> tuple[int, tuple[Any, ...]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise CannotListen(
            f"{names.host} {host} is not an address and cannot be resolved; "
            "use one such as 0.0.0.0 or 127.0.0.1"
        ) from error
    family, _, _, _, address = found[0]
    return family, address


def explain(error: OSError, host: str, port: int, names: AddressVariables = SERVICE) -> str:
    """A message for `error`, in terms of the variables that set `host` and `port`."""
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
