"""Registry: the declared metrics, their series by label values, and what they hold at a scrape."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import accumulate
from operator import add
from typing import Generic, TypeVar

import msgspec

from estuary.telemetry.cells import Cells, Join
from estuary.telemetry.instruments import Counter, Gauge, Histogram
from estuary.telemetry.region import Labels

InstrumentT = TypeVar("InstrumentT")


class Sample(msgspec.Struct, frozen=True):
    """One line of a scrape: what follows the family's name, the labels as pairs, and the value."""

    suffix: str
    labels: tuple[tuple[str, str], ...]
    value: float


class Total(msgspec.Struct, frozen=True):
    """A counter of what a histogram measures, rendered before it from the same cells.

    It has the histogram's labels and, behind them, `label`, over whose values the histogram is joined.
    """

    name: str
    help: str
    label: str | None = None


class Family(msgspec.Struct, frozen=True):
    """Every sample of one metric. `kind` is "counter", "gauge" or "histogram"."""

    name: str
    kind: str
    help: str
    samples: Sequence[Sample]


Collector = Callable[[], Iterable[Family]]
"""Reads families at the moment of a scrape, and only then."""


class Metric(Generic[InstrumentT]):
    """A declared metric; `series` gives the instrument for one combination of label values."""

    def __init__(
        self,
        name: str,
        label_names: tuple[str, ...],
        create: Callable[[Labels], InstrumentT],
    ) -> None:
        self.name = name
        self._label_names = label_names
        self._create = create
        self._series: dict[Labels, InstrumentT] = {}

    def series(self, *values: str) -> InstrumentT:
        """The instrument for `values`, in the order of the label names, all of them or `ValueError`."""
        instrument = self._series.get(values)
        if instrument is None:
            if len(values) != len(self._label_names):
                raise ValueError(f"{self.name} has the labels {self._label_names}, got {values}")
            instrument = self._series[values] = self._create(values)
        return instrument


class Registry:
    """Metrics in the order of their declaration; names are the author's to keep unique and valid.

    Label values must come from sets that no client can widen: a series is never dropped again.
    """

    def __init__(self, cells: Cells | None = None) -> None:
        self._cells = cells or Cells()
        self._collectors: list[Collector] = []

    def counter(self, name: str, help_text: str, *label_names: str) -> Metric[Counter]:
        """Declare a counter; its name ends in `_total` (OpenMetrics 1.0)."""
        cells = self._cells
        self._collect_plain(name, "counter", help_text, label_names, lambda: cells.series(name))
        return Metric(
            name, label_names, lambda values: Counter(cells.numbers, cells.place(name, values, 1))
        )

    def gauge(self, name: str, help_text: str, *label_names: str, join: Join = add) -> Metric[Gauge]:
        """Declare a gauge; `join` makes one number of two workers' numbers."""
        cells = self._cells
        self._collect_plain(
            name, "gauge", help_text, label_names, lambda: cells.series(name, join, living=True)
        )

        return Metric(name, label_names, lambda values: Gauge(cells.numbers, cells.place(name, values, 1)))

    def histogram(
        self,
        name: str,
        help_text: str,
        *label_names: str,
        bounds: tuple[float, ...],
        total: Total | None = None,
    ) -> Metric[Histogram]:
        """Declare a histogram over buckets with these upper bounds; the one without bound is added.

        With a `total` a counter is declared, too; where that has a label of its own, so have the series.
        """
        cells, width = self._cells, len(bounds) + 2
        uppers = [*map(repr, map(float, bounds)), "+Inf"]
        names = label_names if total is None or total.label is None else (*label_names, total.label)

        def collect_total(counter: Total) -> Iterable[Family]:
            samples = [
                Sample("", tuple(zip(names, values, strict=True)), sum(numbers[1:]))
                for values, numbers in cells.series(name)
            ]
            return (Family(counter.name, "counter", counter.help, samples),)

        def collect() -> Iterable[Family]:
            samples = [
                sample
                for values, numbers in _joined(cells.series(name), len(label_names))
                for sample in _histogram_samples(
                    tuple(zip(label_names, values, strict=True)), uppers, numbers
                )
            ]
            return (Family(name, "histogram", help_text, samples),)

        if total is not None:
            self.add(partial(collect_total, total))
        self.add(collect)
        return Metric(
            name, names, lambda values: Histogram(cells.numbers, cells.place(name, values, width), bounds)
        )

    def add(self, collector: Collector) -> None:
        """Ask `collector` for its families at every scrape."""
        self._collectors.append(collector)

    def collect(self) -> Iterator[Family]:
        """Every family with what it holds now."""
        for collector in self._collectors:
            yield from collector()

    def _collect_plain(
        self,
        name: str,
        kind: str,
        help_text: str,
        label_names: tuple[str, ...],
        series: Callable[[], Iterable[tuple[Labels, Sequence[float]]]],
    ) -> None:
        def collect() -> Iterable[Family]:
            samples = [
                Sample("", tuple(zip(label_names, values, strict=True)), numbers[0])
                for values, numbers in series()
            ]
            return (Family(name, kind, help_text, samples),)

        self.add(collect)


def _joined(
    series: Iterable[tuple[Labels, Sequence[float]]], labels: int
) -> Iterable[tuple[Labels, Sequence[float]]]:
    """`series` with those made one that differ in none of their first `labels` labels."""
    joined: dict[Labels, list[float]] = {}
    for values, numbers in series:
        others = joined.get(values[:labels])
        joined[values[:labels]] = list(numbers) if others is None else list(map(add, others, numbers))
    return joined.items()


def _histogram_samples(
    labels: tuple[tuple[str, str], ...], uppers: Sequence[str], numbers: Sequence[float]
) -> Iterator[Sample]:
    cumulated = list(accumulate(numbers[1:]))
    for upper, count in zip(uppers, cumulated, strict=True):
        yield Sample("_bucket", (*labels, ("le", upper)), count)
    yield Sample("_count", labels, cumulated[-1])
    yield Sample("_sum", labels, numbers[0])
