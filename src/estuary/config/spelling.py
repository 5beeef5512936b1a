"""Suggests the known name that was meant by a misspelt one."""

from collections.abc import Iterable

_MOST_SLIPS = 2
_LONG = 14
"""From this length on, two edits are allowed; DATABASE_SSL, two from DATABASE_URL, is not meant for
Estuary."""
_ELSEWHERE = {"LOG_LEVEL": "LOG_FILTER", "LOGLEVEL": "LOG_FILTER"}
"""The name that a variable has in many other services."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that `name` resembles, or is elsewhere, in any case; None if it is neither."""
    upper, known = name.upper(), list(known)
    if _ELSEWHERE.get(upper) in known:
        return _ELSEWHERE[upper]
    alike = [
        other
        for other in known
        if abs(len(upper) - len(other)) <= _MOST_SLIPS and _may_be_meant(upper, other)
    ]
    candidates = [
        (distance, other)
        for other in alike
        if (distance := _distance(upper, other)) <= _tolerance(upper, other)
    ]
    return min(candidates)[1] if candidates else None


def _may_be_meant(name: str, other: str) -> bool:
    """Whether `other` can be within the tolerance, by its letters alone: an environment may be large."""
    return len(set(name) ^ set(other)) <= 2 * _tolerance(name, other)


def _tolerance(name: str, other: str) -> int:
    return _MOST_SLIPS if min(len(name), len(other)) >= _LONG else 1


def _distance(name: str, other: str) -> int:
    """The number of letters left out, inserted, changed or swapped with their neighbour.

    This is the optimal string alignment distance.
    """
    before: list[int] = []
    above = list(range(len(other) + 1))
    for row, letter in enumerate(name, start=1):
        current = [row]
        for column, facing in enumerate(other, start=1):
            changed = above[column - 1] + (letter != facing)
            best = min(above[column] + 1, current[column - 1] + 1, changed)
            swapped = row > 1 and column > 1 and letter == other[column - 2] and name[row - 2] == facing
            current.append(min(best, before[column - 2] + 1) if swapped else best)
        before, above = above, current
    return above[-1]
