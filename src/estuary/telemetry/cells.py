"""Cells: every number of the metrics, this process's own and those of the other workers."""

import os
from collections.abc import Callable, Iterator, Sequence
from operator import add

from estuary.telemetry.region import Labels, Numbers, Region, regions

Join = Callable[[float, float], float]
"""Makes one number of two workers' numbers: their sum, the smaller, the larger."""


class Cells:
    """Where each series of each metric lies, and what it holds over all workers.

    Of `all_regions`, one a worker, this process owns the one at `index`; without them it is alone. Writers
    keep `numbers` and the place of their series, so that counting is one addition.
    """

    def __init__(self, all_regions: Sequence[Region] = (), index: int = 0) -> None:
        self._regions = all_regions or regions(1)
        self._own = self._regions[index]
        self._own.owner = os.getpid()
        self.numbers: Numbers = self._own.numbers

    def place(self, metric: str, labels: Labels, width: int) -> int:
        """The first of the `width` cells of a series: zero, or what the worker before had counted."""
        known = (each.place for each in self._own.entries(metric) if each.labels == labels)
        place = next(known, None)
        return self._own.add(metric, labels, width) if place is None else place

    def series(
        self, metric: str, join: Join = add, *, living: bool = False
    ) -> Iterator[tuple[Labels, Sequence[float]]]:
        """Each series of `metric`: its label values, and its cells' numbers joined over the workers.

        With `living` over those that live: a gauge of a dead one is stale.
        """
        totals: dict[Labels, list[float]] = {}
        for region in self._regions:
            if living and not region.owner:
                continue
            for entry in region.entries(metric):
                numbers = list(map(float, region.numbers[entry.place : entry.place + entry.width]))
                others = totals.get(entry.labels)
                totals[entry.labels] = numbers if others is None else list(map(join, others, numbers))
        yield from totals.items()

    @property
    def processes(self) -> list[int]:
        """The ids of the workers that live."""
        return [region.owner for region in self._regions if region.owner]

    @property
    def left_out(self) -> int:
        """How many series are counted nowhere, because a region is full."""
        return sum(region.left_out for region in self._regions)
