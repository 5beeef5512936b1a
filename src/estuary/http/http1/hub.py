"""Hub: what all connections of a listener have in common."""

import asyncio
from typing import TYPE_CHECKING, Final

from mypy_extensions import mypyc_attr

from estuary.http.http1.connection_limits import ConnectionLimits
from estuary.http.http1.heads import Heads
from estuary.http.kernel import Application

if TYPE_CHECKING:
    from estuary.http.http1.connection import Connection


@mypyc_attr(allow_interpreted_subclasses=True)
class Hub:
    """What connections are given; the listener, which makes them, is one.

    A class, not a protocol: a connection looks at it many times a request, which compiled code does in one
    step where it knows the class.
    """

    def __init__(
        self,
        application: Application,
        heads: Heads,
        limits: ConnectionLimits,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.application: Final = application
        self.heads: Final = heads
        self.limits: Final = limits
        self.loop: Final = loop
        self.head_seconds: Final[float] = limits.head_seconds
        self.idle_seconds: Final[float] = limits.idle_seconds
        self.number = 0
        """Grows whenever a connection becomes idle: the one that did so later has the larger one."""
        self.now: float = loop.time()
        """The loop's time when it was last looked at, less than a second ago: deadlines need no more."""

    def join(self, connection: "Connection") -> None:
        """A connection was made."""
        raise NotImplementedError  # the listener knows

    def leave(self, connection: "Connection") -> None:
        """A connection is closed."""
        raise NotImplementedError  # as above
