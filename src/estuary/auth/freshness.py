"""When an issuer's keys are fetched again, and when they are too old to be used.

Pure decisions on times that are passed in, in seconds of a monotonic clock.
"""

import math
from collections.abc import Callable

UNKNOWN_KEY_SECONDS = 10.0
"""The least time between fetches that an unknown key id triggers."""

_EARLY, _EARLIEST = 0.9, 0.75
"""The fraction of their lifetime after which keys are refreshed, chosen at random so that replicas
spread."""

_LONGEST_PAUSE, _LONGEST_PAUSE_WITHOUT_KEYS = 60.0, 10.0


class Freshness:
    """The times of one key set. `random` gives numbers from 0 to below 1.

    Keys are fresh for `cache_seconds`. If the issuer does not answer, they are used for `stale_seconds`
    more, so that its outage is not the service's.
    """

    def __init__(self, cache_seconds: float, stale_seconds: float, random: Callable[[], float]) -> None:
        self._cache_seconds = cache_seconds
        self._life = cache_seconds + stale_seconds
        self._random = random
        self._fetched_at = -math.inf
        self._looked_again_at = -math.inf
        self._failures = 0
        self.next_at = -math.inf
        """When to fetch the keys, independently of tokens."""

    def fetched(self, now: float, age: float = 0.0) -> None:
        """Record that the keys were fetched, `age` seconds ago if they were read from a file."""
        self._failures = 0
        self._fetched_at = now - age
        share = _EARLY - (_EARLY - _EARLIEST) * self._random()
        self.next_at = self._fetched_at + self._cache_seconds * share

    def failed(self, now: float) -> None:
        """Record that fetching failed: retry soon, then with exponential back-off."""
        self._failures += 1
        longest = _LONGEST_PAUSE if self.usable(now) else _LONGEST_PAUSE_WITHOUT_KEYS
        pause = min(2.0 ** min(self._failures - 1, 16), longest)
        self.next_at = now + pause * (0.5 + 0.5 * self._random())

    def usable(self, now: float) -> bool:
        """Whether the keys may still be used."""
        return now < self._fetched_at + self._life

    def look_again(self, now: float) -> bool:
        """Whether to fetch the keys now because a token names an unknown one; counts the fetch if so.

        Fetches that were due anyway do not count, so that the first token of a new key never waits.
        """
        if now - self._looked_again_at < UNKNOWN_KEY_SECONDS:
            return False
        self._looked_again_at = now
        return True
