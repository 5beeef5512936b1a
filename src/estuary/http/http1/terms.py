"""What a connection is given: its deadlines, and what it shares with all others."""

import asyncio
from typing import TYPE_CHECKING, Protocol

import msgspec

from estuary.http.http1.heads import Heads
from estuary.http.kernel import Application

if TYPE_CHECKING:
    from estuary.http.http1.connection import Connection


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """How long a client may take, in seconds, and how many may be there.

    `head_seconds`: for a head to arrive; `idle_seconds`: for the next one to begin. `stall_seconds`: for a
    client that takes nothing of its answers. `linger_seconds`: how long what a client still sends is thrown
    away after an answer that ends the connection; closed at once, the answer could be lost on its way.
    """

    head_seconds: float = 10.0
    idle_seconds: float = 75.0
    stall_seconds: float = 30.0
    linger_seconds: float = 2.0
    max_connections: int = 4096


class Hub(Protocol):
    """What all connections of a listener have in common."""

    application: Application
    heads: Heads
    terms: Terms
    loop: asyncio.AbstractEventLoop
    now: float
    """The loop's time when it was last looked at, less than a second ago: deadlines need no more."""

    def join(self, connection: "Connection") -> None:
        """A connection was made."""
        ...

    def leave(self, connection: "Connection") -> None:
        """A connection is closed."""
        ...
