"""Probes beside something that goes on meanwhile: their statuses, and how long each took."""

import statistics
import subprocess
import time
from contextlib import suppress
from typing import NamedTuple

from tests.support.http import Listener, get

_EVERY_SECONDS = 0.02


class Probes(NamedTuple):
    """How probes went: the statuses that there were, and the seconds each took."""

    statuses: set[int]
    waits: list[float]

    @property
    def p99(self) -> float:
        """In seconds: what all but one of a hundred were answered within."""
        return statistics.quantiles(self.waits, n=100)[98]

    def __str__(self) -> str:
        """For people."""
        longest = 1000 * max(self.waits)
        return f"p99 of {len(self.waits)} probes: {1000 * self.p99:.1f} ms, the longest {longest:.1f} ms"


def probed(server: Listener, beside: "subprocess.Popen[bytes]", path: str = "/health/ready") -> Probes:
    """Probe `path` until the process `beside` has ended."""
    statuses: set[int] = set()
    waits: list[float] = []
    while True:
        begun = time.perf_counter()
        statuses.add(get(server, path).status)
        waits.append(time.perf_counter() - begun)
        with suppress(subprocess.TimeoutExpired):
            beside.wait(_EVERY_SECONDS)
            return Probes(statuses, waits)
