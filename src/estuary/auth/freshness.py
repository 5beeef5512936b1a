"""Freshness: when an issuer's keys are asked for again, and from when on they are too old to be used.

Pure decisions on times that are passed in, in seconds of a clock that never goes back.
"""

import math
from collections.abc import Callable

UNKNOWN_KEY_SECONDS = 10.0
"""At most so often does an unknown key make us ask the issuer."""

_EARLY, _EARLIEST = 0.9, 0.75
"""The share of their time after which keys are refreshed: before it is over, and not by all at once."""

_LONGEST_PAUSE, _LONGEST_PAUSE_WITHOUT_KEYS = 60.0, 10.0


class Freshness:
    """The times of one key set. `random` gives numbers from 0 to below 1.

    Keys are fresh for `cache_seconds`; where the issuer does not answer they go on being used for
    `stale_seconds` more: an issuer's outage must not become ours.
    """

    def __init__(self, cache_seconds: float, stale_seconds: float, random: Callable[[], float]) -> None:
        self._cache_seconds = cache_seconds
        self._life = cache_seconds + stale_seconds
        self._random = random
        self._fetched_at = -math.inf
        self._looked_again_at = -math.inf
        self._failures = 0
        self.next_at = -math.inf
        """When to ask for the keys, whatever tokens say."""

    def fetched(self, now: float, age: float = 0.0) -> None:
        """The keys were had; `age` seconds ago where they come from a file."""
        self._failures = 0
        self._fetched_at = now - age
        share = _EARLY - (_EARLY - _EARLIEST) * self._random()
        self.next_at = self._fetched_at + self._cache_seconds * share

    def failed(self, now: float) -> None:
        """The keys were not to be had: try again soon, then ever less often."""
        self._failures += 1
        longest = _LONGEST_PAUSE if self.usable(now) else _LONGEST_PAUSE_WITHOUT_KEYS
        pause = min(2.0 ** min(self._failures - 1, 16), longest)
        self.next_at = now + pause * (0.5 + 0.5 * self._random())

    def usable(self, now: float) -> bool:
        """Whether the keys may still be used."""
        return now < self._fetched_at + self._life

    def look_again(self, now: float) -> bool:
        """Whether to ask for the keys now because a token names one that is not among them; then counted.

        Fetches that were due anyway do not count: the first token of a new key never has to wait.
        """
        if now - self._looked_again_at < UNKNOWN_KEY_SECONDS:
            return False
        self._looked_again_at = now
        return True
