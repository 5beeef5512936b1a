"""Instruments: a counter, a gauge and a histogram, each one series that the code counts on."""

from bisect import bisect_left
from collections.abc import Sequence

from estuary.telemetry.region import Numbers


class Counter:
    """A number that only grows."""

    __slots__ = ("_numbers", "place")

    def __init__(self, numbers: Numbers, place: int) -> None:
        self._numbers = numbers
        self.place = place

    def inc(self) -> None:
        """Count one more."""
        self._numbers[self.place] += 1.0

    def add(self, amount: float) -> None:
        """Count `amount` more."""
        self._numbers[self.place] += amount


class Gauge:
    """A number that rises and falls."""

    __slots__ = ("_numbers", "_place")

    def __init__(self, numbers: Numbers, place: int) -> None:
        self._numbers = numbers
        self._place = place

    def add(self, amount: float) -> None:
        """Change by `amount`, which may be negative."""
        self._numbers[self._place] += amount

    def set(self, value: float) -> None:
        """Hold `value` from now on."""
        self._numbers[self._place] = value


class Histogram:
    """How values are distributed over buckets whose upper bounds are inclusive and ascending.

    Its cells are the sum of all values, then the count of each bucket by itself, the last one being
    everything above the highest bound: cumulating them is the scrape's work, not the request's.
    """

    __slots__ = ("bounds", "first_bucket", "numbers", "sum")

    def __init__(self, numbers: Numbers, place: int, bounds: Sequence[float]) -> None:
        self.numbers = numbers
        self.sum = place
        self.first_bucket = place + 1
        self.bounds = bounds

    def observe(self, value: float) -> None:
        """Count `value`."""
        numbers = self.numbers
        numbers[self.sum] += value
        numbers[self.first_bucket + bisect_left(self.bounds, value)] += 1.0


class CountedHistogram:
    """A counter and a histogram of one worker that are always counted together, in one step."""

    __slots__ = ("_bounds", "_count", "_first_bucket", "_numbers", "_sum")

    def __init__(self, counter: Counter, histogram: Histogram) -> None:
        self._count = counter.place
        self._numbers = histogram.numbers
        self._sum = histogram.sum
        self._first_bucket = histogram.first_bucket
        self._bounds = histogram.bounds

    def observe(self, value: float) -> None:
        """Count one more, and `value`."""
        numbers = self._numbers
        numbers[self._count] += 1.0
        numbers[self._sum] += value
        numbers[self._first_bucket + bisect_left(self._bounds, value)] += 1.0
