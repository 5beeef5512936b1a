"""The sliding window: pure arithmetic that decides from one client's counter whether a request may pass.

An exact log would keep the time of every admitted request. Here requests that come close together share
a bucket that counts as wholly as young as its newest request. Every request is thus held to be younger
than it is, never older: in *any* window of the length set at most `limit` requests pass, at the price of
giving some of them back up to `length / BUCKETS` late. A burst at one instant is exact.
"""

import math
from array import array
from typing import Final

from estuary.core.allowance import Decision

BUCKETS: Final = 32
"""Into how many buckets a steady stream falls: what passes is at least 32/33 of an exact log."""


class WindowCounter:
    """The counter of one client: the newest bucket in plain attributes, older ones in `older`.

    Most clients never need more than one bucket, and then `older` is None; a counter never holds more
    than `BUCKETS + 1`. It is plain data, so it may be kept anywhere.
    """

    __slots__ = ("closes_at", "earlier", "last", "older", "oldest", "used")

    def __init__(self) -> None:
        self.used = 0
        """Requests in all buckets."""
        self.earlier = 0
        """Requests in the older buckets."""
        self.last = -math.inf
        """When the newest request passed."""
        self.oldest = math.inf
        """When the newest request of the oldest bucket passed: the next one to be given back."""
        self.closes_at = -math.inf
        """From when on a request begins another bucket."""
        self.older: array[float] | None = None
        """Oldest first, two numbers a bucket: the time of its newest request, and how many it holds."""

    def copy(self) -> "WindowCounter":
        """A counter that says the same and from now on counts by itself."""
        twin = WindowCounter()
        twin.used, twin.earlier = self.used, self.earlier
        twin.last, twin.oldest, twin.closes_at = self.last, self.oldest, self.closes_at
        twin.older = None if self.older is None else self.older[:]
        return twin


class SlidingWindow:
    """At most `limit` requests in any window of `length`, in the unit of the times that are passed in.

    Raises `ValueError` unless both are positive.
    """

    def __init__(self, limit: int, length: float) -> None:
        if limit < 1 or not 0 < length < math.inf:
            raise ValueError(f"limit and length must be positive: {limit}, {length}")
        self.limit = limit
        self.length = length
        self._bucket_length = length / BUCKETS

    def admit(self, counter: WindowCounter, now: float, cost: int = 1) -> Decision:
        """Count `cost` requests at `now` (never earlier than the last one) if all may pass, else none.

        `resets_in` says one thing in both cases: the time until more of the allowance is there than now,
        which is what `t` means in the IETF draft "RateLimit header fields for HTTP" since version 10.
        After a first request it counts down from `length`, and it is never more; where nothing is used,
        so that only a cost above the limit is refused, it is `length`. Raises `ValueError` for a cost
        below 1.
        """
        if cost < 1:
            raise ValueError(f"cost must be positive: {cost}")
        if now - counter.oldest >= self.length:
            self._release(counter, now)
        used = counter.used + cost
        if used > self.limit:
            return self._refusal(counter, now)
        if now >= counter.closes_at:
            self._begin_bucket(counter, now)
        counter.used = used
        counter.last = now
        if not counter.older:
            counter.oldest = now
        resets_in = self.length - (now - counter.oldest)
        return Decision(allowed=True, remaining=self.limit - used, resets_in=resets_in)

    def _refusal(self, counter: WindowCounter, now: float) -> Decision:
        used = counter.used
        # A counter in which nothing counts any more keeps the time of its oldest bucket.
        resets_in = self.length - (now - counter.oldest) if used else self.length
        return Decision(allowed=False, remaining=self.limit - used, resets_in=resets_in)

    def wait(self, counter: WindowCounter, now: float) -> float:
        """Until when from `now` on nothing passes, in seconds; 0 where a request would pass now."""
        if now - counter.oldest >= self.length:
            self._release(counter, now)
        return self.length - (now - counter.oldest) if counter.used >= self.limit else 0.0

    def expired(self, counter: WindowCounter, now: float) -> bool:
        """Whether nothing in `counter` counts any more, so that forgetting it changes no decision."""
        return now - counter.last >= self.length

    def _begin_bucket(self, counter: WindowCounter, now: float) -> None:
        newest = counter.used - counter.earlier
        if newest:
            if counter.older is None:
                counter.older = array("d")
            counter.older.extend((counter.last, newest))
            counter.earlier = counter.used
        counter.closes_at = now + self._bucket_length

    def _release(self, counter: WindowCounter, now: float) -> None:
        """Give back the buckets that have left the window."""
        if self.expired(counter, now):
            counter.used = counter.earlier = 0
            counter.older = None
            return
        older = counter.older or array("d")
        gone = 0
        while gone < len(older) and now - older[gone] >= self.length:
            counter.earlier -= int(older[gone + 1])
            counter.used -= int(older[gone + 1])
            gone += 2
        del older[:gone]
        counter.oldest = older[0] if older else counter.last
