"""Keeps the keys of every issuer fresh for as long as the service runs."""

import asyncio
from collections.abc import Sequence

from estuary.auth.jwks import KeySource


class KeyRing:
    """Runs every source in the background."""

    def __init__(self, sources: Sequence[KeySource]) -> None:
        self._sources = tuple(sources)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Load saved keys, and start fetching, without waiting for an issuer."""
        for source in self._sources:
            source.recall()
            self._tasks.append(asyncio.create_task(source.run()))

    async def stop(self) -> None:
        """Cancel the refreshing of every source, and wait until fetches under way have ended."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
