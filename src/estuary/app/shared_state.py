"""The memory that the workers of one service share: all of it is allocated here, before they are forked.

The limiters are imported where they are made: they bring OpenSSL's hashes, which a supervisor of one worker
does without.
"""

import os
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Union

from estuary.config.settings import Settings
from estuary.http.http1.balance import Balance, leave
from estuary.shared_memory import shared_bytes, shared_double, shared_words
from estuary.stores.cache.stamps import STAMPS, Stamps, unshared
from estuary.telemetry.cells import Cells
from estuary.telemetry.region import regions

if TYPE_CHECKING:
    from estuary.limits.local_limiter import LocalRateLimiter
    from estuary.limits.locks import Locks
    from estuary.limits.shared import SharedRateLimiter
    from estuary.limits.table import Table

FAILURE_WINDOW_SECONDS = 60.0
_KEY_BYTES = 16

MachineLimiter = Union["LocalRateLimiter", "SharedRateLimiter"]
"""A rate limiter that counts on this machine: it answers at once."""


class SharedState:
    """The memory that the `settings.workers` workers of a service share.

    The supervisor makes it; each worker that it forks uses it under its own number. A worker that replaces
    a dead one takes over its number, and with it what that one had counted. `started_at` is when the
    service started, in seconds since the epoch.

    | Memory | Written by | Read by |
    |---|---|---|
    | a region of metrics for each worker | that worker | the worker that answers `/metrics` |
    | two tables of window counters: requests, bad tokens | every worker, under a lock | every worker |
    | a word for each worker: connections held | that worker | every worker, before it accepts |
    | a word for each worker: waits to write to SQLite | that worker | every worker, before it writes |
    | stamps of records, for the local cache | every worker | every worker |
    | until when the cache in Redis is not trusted | every worker | every worker |
    """

    def __init__(self, settings: Settings) -> None:
        workers, clients, several = settings.workers, settings.rate_limit_max_clients, settings.workers > 1
        self.started_at = time.time()
        self._maker = os.getpid()
        self._regions = regions(workers)
        self._requests = _WindowCounters(clients, shared=several and settings.rate_limit_enabled)
        self._failures = _WindowCounters(clients, shared=several and settings.auth_enabled)
        self._held = shared_words(workers)
        self.waiting = shared_words(workers)
        """For each worker, whether it waits to write to the SQLite file."""
        self._stamps = shared_words(STAMPS) if several and settings.cache_type == "local" else None
        self.distrusted_until = shared_double()
        """Until when no worker trusts the cache in Redis."""

    def cells(self, worker: int) -> Cells:
        """The metrics' numbers; from now on this process writes the region of `worker`."""
        return Cells(self._regions, worker)

    def leave(self, worker: int) -> None:
        """Release what a dead worker held. What it counted stays."""
        self._regions[worker].owner = 0
        leave(self._held, worker)
        self.waiting[worker] = 0

    def balance(self, worker: int) -> Balance:
        """How many connections each worker holds, as `worker` sees it."""
        return Balance(self._held, worker)

    def limiter(self, settings: Settings, monotonic: Callable[[], float]) -> MachineLimiter:
        """The limit on requests, exact over all the workers."""
        limit, window = settings.rate_limit_max_requests, settings.rate_limit_window_seconds
        return self._requests.limiter(limit, window, monotonic)

    def failure_limiter(self, settings: Settings, monotonic: Callable[[], float]) -> MachineLimiter:
        """The limit on bad tokens in a minute, exact over all the workers."""
        return self._failures.limiter(settings.auth_failure_limit, FAILURE_WINDOW_SECONDS, monotonic)

    def stamps(self) -> Stamps:
        """The stamps by which a worker's cache notices that another worker has written to a record."""
        return Stamps(unshared() if self._stamps is None else self._stamps)

    def processes(self) -> Sequence[int | None]:
        """The ids of the service's processes; None stands for the calling process."""
        pids = {self._maker, *(region.owner for region in self._regions)} - {0}
        return [None if pid == os.getpid() else pid for pid in pids]


class _WindowCounters:
    """The counters of one rate limit: in a shared table for several workers, in its own memory for one.

    The second is cheaper, and exact where there is one worker.
    """

    def __init__(self, clients: int, *, shared: bool) -> None:
        self._clients = clients
        self._shared = _shared_table(clients) if shared else None

    def limiter(self, limit: int, window: float, monotonic: Callable[[], float]) -> MachineLimiter:
        """A limiter of `limit` requests in `window` seconds, for the calling process."""
        if self._shared is None:
            from estuary.limits.local_limiter import LocalRateLimiter

            return LocalRateLimiter(limit, window, self._clients, monotonic)
        from estuary.limits.shared import SharedRateLimiter

        return SharedRateLimiter(limit, window, *self._shared, monotonic)


def _shared_table(clients: int) -> tuple["Table", "Locks"]:
    from estuary.limits.locks import Locks
    from estuary.limits.table import Table

    return Table(shared_bytes(Table.size(clients)), clients, os.urandom(_KEY_BYTES)), Locks()
