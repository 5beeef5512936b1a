"""Records that are about to be deleted, as far as this worker knows: who would refer to one of them waits.

A delete is planned from what refers to its record. Where others went on adding to that, it would be planned
again and again, and they would be kept waiting by what it has locked each time.
"""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from estuary.core.record import Place

SECONDS: Final = 5.0
"""How long a write waits at most. Then it is made: the store knows whether the record is there."""


class Leaving:
    """The records of one worker that are about to be deleted."""

    def __init__(self) -> None:
        self._ends: dict[Place, asyncio.Event] = {}

    @property
    def is_empty(self) -> bool:
        """Whether there are none, as nearly always."""
        return not self._ends

    @contextmanager
    def delete(self) -> Iterator["OneDelete"]:
        """One that may have others wait until it has been made, or was given up."""
        delete = OneDelete(self._ends)
        try:
            yield delete
        finally:
            delete.end()

    async def over(self, places: Iterable[Place]) -> None:
        """Return when it is decided about the records there, or the time is over."""
        ends = {end for place in places if (end := self._ends.get(place)) is not None}
        with suppress(TimeoutError):
            async with asyncio.timeout(SECONDS):
                for end in ends:
                    await end.wait()


class OneDelete:
    """The records that one delete takes with it, among the `ends` of all."""

    def __init__(self, ends: dict[Place, asyncio.Event]) -> None:
        self._ends = ends
        self._end = asyncio.Event()

    def announce(self, places: Iterable[Place]) -> None:
        """Have those wait from now on who would refer to one of these."""
        for place in places:
            self._ends.setdefault(place, self._end)

    def end(self) -> None:
        """Let all go on."""
        self._end.set()
        for place in [place for place, end in self._ends.items() if end is self._end]:
            del self._ends[place]
