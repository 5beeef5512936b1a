"""Tells in the log of records that no client can see, for no resource declares them."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Protocol

from estuary.core.errors import StoreError, StoreSchemaMismatch
from estuary.core.sources import Source

_AGAIN = 30.0
"""Seconds until a store that was away is asked once more."""


class Tell(Protocol):
    """Takes the tables, each with the number of its records."""

    def __call__(self, undeclared: Mapping[str, int]) -> None:
        """Report `undeclared`: record counts by table name."""
        ...


class UndeclaredRecords:
    """A companion of the service: it looks at `source` once, after the start, and calls `tell`."""

    def __init__(self, source: Source, tell: Tell) -> None:
        self._source = source
        self._tell = tell
        self._looking: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Survey the store in the background; what is found is passed to `tell`."""
        self._looking = asyncio.create_task(self._look())

    async def stop(self) -> None:
        """Cancel the survey where it has not finished."""
        if self._looking is not None:
            self._looking.cancel()
            with suppress(asyncio.CancelledError):
                await self._looking

    async def _look(self) -> None:
        while True:
            try:
                undeclared = (await self._source.survey()).undeclared
            except StoreSchemaMismatch:
                return
            except StoreError:
                await asyncio.sleep(_AGAIN)
                continue
            if undeclared:
                self._tell(undeclared)
            return
