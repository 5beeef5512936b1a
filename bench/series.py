"""A series: what one contender measured, round by round, for one question."""

from collections.abc import Collection, Mapping, Sequence
from statistics import median

import msgspec


class Latency(msgspec.Struct, frozen=True):
    """Response times of one round, in microseconds."""

    p50: int
    p99: int


class Series(msgspec.Struct, frozen=True):
    """The figures of one subject, one a round, in `unit`. `more_is_better` is false for times and sizes."""

    question: str
    subject: str
    label: str
    unit: str
    values: tuple[float, ...]
    more_is_better: bool = True
    ours: bool = False
    latencies: tuple[Latency, ...] = ()

    @property
    def median(self) -> float:
        """The middle figure: one disturbed round does not move it."""
        return median(self.values)

    @property
    def spread(self) -> float:
        """How far apart the rounds are: (highest - lowest) / median."""
        return (max(self.values) - min(self.values)) / self.median

    @property
    def p99(self) -> float | None:
        """The median over the rounds of the 99th percentile, in microseconds."""
        return median(latency.p99 for latency in self.latencies) if self.latencies else None


def times(
    question: str,
    unit: str,
    labels: Mapping[str, str],
    rounds: Sequence[Mapping[str, float]],
    ours: Collection[str],
) -> list[Series]:
    """A series for each subject in `labels`, of what every round measured; less is better.

    `ours` are those subjects that are Estuary's.
    """
    return [
        Series(
            question,
            subject,
            label,
            unit,
            tuple(measured[subject] for measured in rounds),
            more_is_better=False,
            ours=subject in ours,
        )
        for subject, label in labels.items()
    ]


def ratio(series: Series, base: Series) -> float:
    """How many times `base` the series is: the median of the ratios within each round.

    Rounds are interleaved, so what slows the machine for a while slows both sides of a round alike.
    """
    return median(value / other for value, other in zip(series.values, base.values, strict=True))


def find(all_series: Sequence[Series], question: str, subject: str) -> Series | None:
    """The series of one subject for one question, if it was measured."""
    wanted = (question, subject)
    return next((series for series in all_series if (series.question, series.subject) == wanted), None)
