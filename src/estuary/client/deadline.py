"""The end of an attempt of the synchronous client: httpx's own limits are each for one wait."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, Protocol

_WAITS: Final = ("connect", "read", "write", "pool")
_CONNECTED: Final = (".connect_tcp.complete", ".start_tls.complete")
"""How httpcore calls it, in any of its modules, that there is another stream to a server or proxy."""
_PIECE: Final = 16 * 1024
"""Bytes that are written between two looks at the clock."""

_end: ContextVar[float] = ContextVar("estuary.client.deadline")
"""When the attempt under way in this thread has to be over, in seconds of the monotonic clock."""


class Stream(Protocol):
    """A connection, as httpcore documents it."""

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """At most so many bytes, as soon as there are any."""
        ...

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of it; `timeout` is for each part that the system takes."""
        ...


class TimeLeft(Mapping[str, float]):
    """Limits by wait, as httpx's extension `timeout` has them: each is what is left of the attempt."""

    def __getitem__(self, wait: str) -> float:
        if wait not in _WAITS:
            raise KeyError(wait)
        return left()

    def __iter__(self) -> Iterator[str]:
        return iter(_WAITS)

    def __len__(self) -> int:
        return len(_WAITS)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Run the block as an attempt of so many seconds."""
    token = _end.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _end.reset(token)


def left() -> float:
    """The seconds that are left of the attempt; raises `TimeoutError` where none are."""
    seconds = _end.get() - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("the answer did not arrive in time")
    return seconds


def bound(event: str, info: Mapping[str, Any]) -> None:
    """What httpx's extension `trace` is: each new connection looks at the clock before each wait.

    For httpx asks for the limit once for a whole head, and then waits as long for each part of it.
    """
    if event.endswith(_CONNECTED):
        _bind(info["return_value"])


def _bind(stream: Stream) -> None:
    read, write = stream.read, stream.write

    def read_in_time(max_bytes: int, timeout: float | None = None) -> bytes:
        return read(max_bytes, _limit(timeout))

    def write_in_time(buffer: bytes, timeout: float | None = None) -> None:
        for begin in range(0, len(buffer), _PIECE):
            write(buffer[begin : begin + _PIECE], _limit(timeout))

    stream.read = read_in_time  # type: ignore[method-assign]  # httpx offers no other way to its streams
    stream.write = write_in_time  # type: ignore[method-assign]  # as above


def _limit(timeout: float | None) -> float | None:
    """The limit of one wait; outside an attempt, where a transport has another user, too, it is theirs."""
    return timeout if _end.get(None) is None else left()
