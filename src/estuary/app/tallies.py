"""Where clients are counted on one machine: in memory that the workers share, or in the only one's own."""

from collections.abc import Callable
from mmap import mmap
from secrets import token_bytes

from estuary.limits.local import LocalRateLimiter
from estuary.limits.locks import Locks
from estuary.limits.shared import SharedRateLimiter
from estuary.limits.table import Table

MachineLimiter = LocalRateLimiter | SharedRateLimiter
"""What counts on this machine: it answers at once."""


class Tallies:
    """The tallies of at most `clients` clients under one limit; made before workers are forked.

    `shared` says that there are several: the limit is then exact over all of them. A single one counts by
    itself, which is cheaper.
    """

    def __init__(self, clients: int, *, shared: bool) -> None:
        self._clients = clients
        self._table = Table(mmap(-1, Table.size(clients)), clients, token_bytes(16)) if shared else None
        self._locks = Locks()

    def limiter(self, limit: int, window: float, monotonic: Callable[[], float]) -> MachineLimiter:
        """What counts `limit` in a `window` of seconds, in the process that asks for it."""
        if self._table is None:
            return LocalRateLimiter(limit, window, self._clients, monotonic)
        return SharedRateLimiter(limit, window, self._table, self._locks, monotonic)
