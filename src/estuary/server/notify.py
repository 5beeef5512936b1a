"""State notifications to a service manager: the protocol of sd_notify(3), without the library."""

import os
import socket
from contextlib import suppress
from typing import Protocol


class ServiceManager(Protocol):
    """Receives the service's state: ready, stopping, or alive."""

    def notify(self, **state: str) -> None:
        """Send assignments such as READY="1"; never raises, never blocks."""
        ...


class NoServiceManager:
    """Used where NOTIFY_SOCKET is not set."""

    def notify(self, **state: str) -> None:
        """Discard `state`."""


class Systemd:
    """Sends to the socket that NOTIFY_SOCKET names; a leading @ means an abstract address."""

    def __init__(self, address: str) -> None:
        self._address = "\0" + address[1:] if address.startswith("@") else address

    def notify(self, **state: str) -> None:
        """Send the assignments as one datagram; errors are ignored, as the service can run without it."""
        datagram = "\n".join(f"{name}={value}" for name, value in state.items())
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sender.sendto(datagram.encode(), self._address)


def service_manager(notify_socket: str) -> ServiceManager:
    """The service manager at the value of NOTIFY_SOCKET, which is empty without a service manager."""
    return Systemd(notify_socket) if notify_socket else NoServiceManager()


def watchdog_seconds(watchdog_usec: str, watchdog_pid: str) -> float | None:
    """The watchdog's timeout, None if it is off (sd_watchdog_enabled(3)).

    The arguments are the values of WATCHDOG_USEC and WATCHDOG_PID; without the second, the first is for any
    process.
    """
    for_this_process = watchdog_pid in {"", str(os.getpid())}
    if not for_this_process or not watchdog_usec.isdecimal() or int(watchdog_usec) == 0:
        return None
    return int(watchdog_usec) / 1_000_000
