"""Instruments: a counter, a gauge and a histogram, each one series that the code counts on.

A worker alone writes its cells, so an instrument keeps in itself what they hold: counting is an addition
here and one store there, where reading the cell first would cost as much again.
"""

from collections.abc import Sequence
from typing import SupportsIndex

from estuary.telemetry.region import Numbers


class Counter:
    """A number that only grows."""

    __slots__ = ("_count", "_numbers", "_place")

    def __init__(self, numbers: Numbers, place: int) -> None:
        self._numbers = numbers
        self._place: SupportsIndex = place
        self._count = numbers[place]

    def inc(self) -> None:
        """Count one more."""
        self.add(1.0)

    def add(self, amount: float) -> None:
        """Count `amount` more."""
        self._count += amount
        self._numbers[self._place] = self._count


class Gauge:
    """A number that rises and falls; it begins at zero, for what a worker before held went with it."""

    __slots__ = ("_numbers", "_place", "_value")

    def __init__(self, numbers: Numbers, place: int) -> None:
        self._numbers = numbers
        self._place: SupportsIndex = place
        self.set(0.0)

    def add(self, amount: float) -> None:
        """Change by `amount`, which may be negative."""
        self.set(self._value + amount)

    def set(self, value: float) -> None:
        """Hold `value` from now on."""
        self._value = value
        self._numbers[self._place] = value


class Histogram:
    """How values are distributed over buckets whose upper bounds are inclusive and ascending.

    Its cells are the sum of all values, then the count of each bucket by itself, the last one being
    everything above the highest bound: cumulating them is the scrape's work, not the request's.
    """

    __slots__ = ("_bounds", "_counts", "_numbers", "_places", "_sum", "_sum_place")

    def __init__(self, numbers: Numbers, place: int, bounds: Sequence[float]) -> None:
        self._numbers = numbers
        self._bounds = list(bounds)
        self._sum_place: SupportsIndex = place
        self._sum = numbers[place]
        self._places: list[SupportsIndex] = [place + 1 + bucket for bucket in range(len(bounds) + 1)]
        self._counts = [numbers[each] for each in self._places]

    def observe(self, value: float) -> None:
        """Count `value`."""
        bucket = 0
        # From the lowest bound on: most values are small, and a search by halves calls a function.
        for bound in self._bounds:
            if value <= bound:
                break
            bucket += 1
        count = self._counts[bucket] + 1.0
        self._counts[bucket] = count
        self._sum += value
        numbers = self._numbers
        numbers[self._sum_place] = self._sum
        numbers[self._places[bucket]] = count
