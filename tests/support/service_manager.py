"""A service manager that reads what a service sends to NOTIFY_SOCKET."""

import socket

from tests.support.process import TIMEOUT_SECONDS

SILENCE_SECONDS = 1.0


class Manager:
    """Listens as systemd does."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)

    def hear(self, seconds: float = TIMEOUT_SECONDS) -> dict[str, str]:
        """The next message, as assignments; raises `TimeoutError`."""
        self._socket.settimeout(seconds)
        text = self._socket.recv(4096).decode()
        return dict(line.split("=", 1) for line in text.splitlines())

    def hear_of(self, name: str) -> dict[str, str]:
        """The next message that assigns `name`."""
        while name not in (message := self.hear()):
            pass
        return message

    def hear_nothing_more(self) -> None:
        """Return when it has become silent; raises AssertionError if it does not."""
        for _ in range(5):
            try:
                self.hear(SILENCE_SECONDS)
            except TimeoutError:
                return
        raise AssertionError("the signs of life go on")

    def close(self) -> None:
        """Listen no more."""
        self._socket.close()
