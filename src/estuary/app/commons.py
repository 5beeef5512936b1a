"""What the workers of one service have in common: memory, made before they are forked."""

import os
import time
from collections.abc import Callable, Sequence
from mmap import mmap

from estuary.app.tallies import MachineLimiter, Tallies
from estuary.config.settings import Settings
from estuary.http.http1.turns import Turns, leave
from estuary.stores.cache.stamps import Stamps, shared, unshared
from estuary.telemetry.cells import Cells
from estuary.telemetry.region import regions

FAILURE_WINDOW_SECONDS = 60.0

_WORD = 8


class Commons:
    """What a service of `settings.workers` workers counts, and how it shares its work.

    The supervisor makes it, each worker it forks uses it under a number of its own. A worker that takes the
    place of a dead one takes its number too, and counts on where that one ended. `started_at` is when the
    service started, in seconds since the epoch.
    """

    def __init__(self, settings: Settings) -> None:
        self.started_at = time.time()
        self._maker = os.getpid()
        self._regions = regions(settings.workers)
        clients, several = settings.rate_limit_max_clients, settings.workers > 1
        self._requests = Tallies(clients, shared=several and settings.rate_limit_enabled)
        self._failures = Tallies(clients, shared=several and settings.auth_enabled)
        self._held = _words(settings.workers)
        self.waiting = _words(settings.workers)
        """A word for each worker: whether it waits to write to the file that they share."""
        self._stamps = shared() if settings.workers > 1 and settings.cache_type == "local" else None
        self.distrusted_until = memoryview(mmap(-1, 8)).cast("d")
        """Until when no worker trusts the cache in Redis."""

    def cells(self, worker: int) -> Cells:
        """The numbers of this process's metrics, from now on those of the worker of that number."""
        return Cells(self._regions, worker)

    def leave(self, worker: int) -> None:
        """The worker of that number is dead: what it held counts no more, what it counted does."""
        self._regions[worker].owner = 0
        leave(self._held, worker)
        self.waiting[worker] = 0

    def turns(self, worker: int) -> Turns:
        """Which worker takes the next connection, for the one of that number."""
        return Turns(self._held, worker)

    def limiter(self, settings: Settings, monotonic: Callable[[], float]) -> MachineLimiter:
        """A limit of requests, exact over all the workers."""
        limit, window = settings.rate_limit_max_requests, settings.rate_limit_window_seconds
        return self._requests.limiter(limit, window, monotonic)

    def failure_limiter(self, settings: Settings, monotonic: Callable[[], float]) -> MachineLimiter:
        """A limit of bad tokens in a minute, exact over all the workers."""
        return self._failures.limiter(settings.auth_failure_limit, FAILURE_WINDOW_SECONDS, monotonic)

    def stamps(self) -> Stamps:
        """What shows a worker's cache that another worker has written to a record."""
        return Stamps(unshared() if self._stamps is None else self._stamps)

    def processes(self) -> Sequence[int | None]:
        """The ids of the service's processes, None standing for the one that asks."""
        pids = {self._maker, *(region.owner for region in self._regions)} - {0}
        return [None if pid == os.getpid() else pid for pid in pids]


def _words(count: int) -> "memoryview[int]":
    return memoryview(mmap(-1, count * _WORD)).cast("Q")
