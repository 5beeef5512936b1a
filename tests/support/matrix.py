"""Which store passed which suite: the table at the end of a run."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

PROPERTY = "store"
"""The property of a test's report that names the store which it ran on."""
_STORE = re.compile(
    r"(observed-|(redis-)?cached\+)?(memory|sqlite|postgres(-pooled)?|convex)|local|shared|redis"
)
"""The names of stores and of limiters: `kind` is also what other tests call what they are given."""
_OUTCOMES = ("passed", "failed", "skipped")


def store_of(parameters: Mapping[str, Any]) -> str | None:
    """The store that a test with these parameters runs on, None where it is no test of stores."""
    for name in ("kind", "store_variables", "store"):
        if name in parameters:
            value = parameters[name]
            store = str(getattr(value, "name", value))
            return store if _STORE.fullmatch(store) else None
    return None


class Matrix:
    """Counts the outcomes of the tests that ran on a store, for each store and suite."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str, str]] = Counter()

    def add(self, nodeid: str, properties: Iterable[tuple[str, object]], when: str, outcome: str) -> None:
        """Take note of a part of a test: its outcome is its call's, or that of what kept it from a call."""
        store = dict(properties).get(PROPERTY)
        if store is not None and (when == "call" or outcome != "passed"):
            suite = nodeid.split("/")[1]
            self._counts[str(store), suite, outcome] += 1

    def lines(self) -> Iterator[str]:
        """A row for each store, a column for each suite; nothing where no store was tested."""
        stores = list(dict.fromkeys(store for store, _, _ in self._counts))
        suites = sorted({suite for _, suite, _ in self._counts})
        if not stores:
            return
        width = max(len(store) for store in stores)
        yield f"{'':{width}}" + "".join(f"  {suite:>32}" for suite in suites)
        for store in stores:
            cells = (self._cell(store, suite) for suite in suites)
            yield f"{store:{width}}" + "".join(f"  {cell:>32}" for cell in cells)

    def _cell(self, store: str, suite: str) -> str:
        counts = {outcome: self._counts[store, suite, outcome] for outcome in _OUTCOMES}
        if not any(counts.values()):
            return "-"
        return ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
