"""Suggests the known name that was meant by a misspelt one."""

from collections.abc import Iterable

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
    candidates = [
        (distance, other)
        for other in known
        if (distance := _distance(upper, other)) <= _tolerance(upper, other)
    ]
    return min(candidates)[1] if candidates else None


def _tolerance(name: str, other: str) -> int:
    return 2 if min(len(name), len(other)) >= _LONG else 1


def _distance(name: str, other: str) -> int:
    """The number of letters left out, inserted, changed or swapped with their neighbour.

    This is the optimal string alignment distance. Names that cannot be within 2 are rejected by comparing
    their letters alone, as an environment may have hundreds of names.
    """
    if abs(len(name) - len(other)) > 2 or len(set(name) ^ set(other)) > 4:
        return max(len(name), len(other))
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
