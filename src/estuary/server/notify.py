"""Telling the service manager how we are: sd_notify(3), the protocol, without the library."""

import os
import socket
from contextlib import suppress
from typing import Protocol


class ServiceManager(Protocol):
    """Who wants to know that the service is ready, stopping, or still alive."""

    def tell(self, **state: str) -> None:
        """Pass on assignments such as READY="1"; never raises, never blocks."""
        ...


class NoServiceManager:
    """The null twin: no service manager asked to be told."""

    def tell(self, **state: str) -> None:
        """Discard `state`."""


class Systemd:
    """The socket that NOTIFY_SOCKET names; a leading @ stands for an abstract address."""

    def __init__(self, address: str) -> None:
        self._address = "\0" + address[1:] if address.startswith("@") else address

    def tell(self, **state: str) -> None:
        """Send the assignments as one datagram; a manager that is gone or busy is no reason to stop."""
        datagram = "\n".join(f"{name}={value}" for name, value in state.items())
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.setblocking(False)
            line.sendto(datagram.encode(), self._address)


def service_manager(notify_socket: str) -> ServiceManager:
    """The service manager behind NOTIFY_SOCKET; an empty value means there is none."""
    return Systemd(notify_socket) if notify_socket else NoServiceManager()


def watchdog_seconds(watchdog_usec: str, watchdog_pid: str) -> float | None:
    """How long the manager waits for a sign of life, None when it wants none (sd_watchdog_enabled(3)).

    `watchdog_usec` and `watchdog_pid` are the variables of these names, in capitals; without the second,
    any process is meant.
    """
    meant = watchdog_pid in {"", str(os.getpid())}
    if not meant or not watchdog_usec.isdecimal() or int(watchdog_usec) == 0:
        return None
    return int(watchdog_usec) / 1_000_000
