"""Logs a warning on records that no resource declares, and which therefore no client can see."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

from estuary.core.errors import StoreError, StoreSchemaMismatch
from estuary.core.ports import Store
from estuary.core.sources import Source
from estuary.telemetry.logs import Logs

_RETRY_SECONDS = 30.0
"""How long after a failure the store is surveyed again."""


class UndeclaredSurvey:
    """A companion of the service: surveys `source` once after the start.

    Calls `report` with the number of records by table name, if there are any.
    """

    def __init__(self, source: Source, report: Callable[[Mapping[str, int]], None]) -> None:
        self._source = source
        self._report = report
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Survey the store in the background."""
        self._task = asyncio.create_task(self._survey())

    async def stop(self) -> None:
        """Cancel the survey if it has not finished."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _survey(self) -> None:
        while True:
            try:
                undeclared = (await self._source.survey()).undeclared
            except StoreSchemaMismatch:
                return
            except StoreError:
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            if undeclared:
                self._report(undeclared)
            return


def counted(tables: Mapping[str, int]) -> str:
    """Tables with the number of their records, for a message."""
    return ", ".join(f"{name} ({count})" for name, count in tables.items())


def report_undeclared(store: Store, logs: Logs, worker: int) -> Iterator[UndeclaredSurvey]:
    """The companion that logs undeclared records: in the first worker, if the store can be surveyed."""
    if worker == 0 and isinstance(store, Source):
        log = logs.logger("estuary::store")
        yield UndeclaredSurvey(
            store,
            lambda undeclared: log.warn(
                "the store holds records that RESOURCES does not declare", tables=counted(undeclared)
            ),
        )
