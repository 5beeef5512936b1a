"""Which of thousands of connections has been idle longest, looked up for each connection past the limit."""

from collections.abc import Collection
from heapq import nsmallest

from estuary.http.http1.connection import Connection

_AT_ONCE = 64
"""How many are found at a time: so many new connections then need not look at all others."""


class IdleConnections:
    """Finds among `connections`, which come and go, the one to be closed first."""

    def __init__(self, connections: Collection[Connection]) -> None:
        self._connections = connections
        self._found: list[tuple[int, Connection]] = []
        """The connections that had been idle longest at the last look, the longest one last."""

    def longest(self, spared: Connection | None) -> Connection | None:
        """The connection that has been idle longest, or None; the `spared` one does not count.

        One that was found is not found again.
        """
        longest = self._still_idle(spared)
        if longest is None:
            self._look(spared)
            longest = self._still_idle(spared)
        return longest

    def _still_idle(self, spared: Connection | None) -> Connection | None:
        while self._found:
            since, connection = self._found.pop()
            unused = connection.idle and connection.idle_since == since and connection is not spared
            # Closed with a request in the kernel's hands, it would be reset.
            if unused and not connection.has_unread():
                return connection
        return None

    def _look(self, spared: Connection | None) -> None:
        idle = (each for each in self._connections if each.idle and each is not spared)
        longest = nsmallest(_AT_ONCE, idle, key=lambda each: each.idle_since)
        self._found = [(each.idle_since, each) for each in reversed(longest)]
