"""Logs a warning on records and columns that no resource declares, and which no client can see."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

from estuary.core.errors import StoreError, StoreSchemaMismatch
from estuary.core.ports import Store
from estuary.core.sources import Source, Survey
from estuary.telemetry.logs import Logs

_RETRY_SECONDS = 30.0
"""How long after a failure the store is surveyed again."""


class UndeclaredSurvey:
    """A companion of the service: surveys `source` once after the start.

    Calls `report` with each kind of what is not declared, and its names; not at all where all is declared.
    """

    def __init__(self, source: Source, report: Callable[[str, str], None]) -> None:
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
                survey = await self._source.survey()
            except StoreSchemaMismatch:
                return
            except StoreError:
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            for what, names in beside_declared(survey):
                self._report(what, names)
            return


def counted(tables: Mapping[str, int]) -> str:
    """Tables with the number of their records, for a message."""
    return ", ".join(f"{name} ({count})" for name, count in tables.items())


def beside_declared(survey: Survey) -> Iterator[tuple[str, str]]:
    """What a store holds beside the declared resources, each with its names: of tables, of columns.

    A column stays when its field is not declared any more. It holds the values of a field that was renamed
    without `Was`, which therefore look lost.
    """
    if survey.undeclared:
        yield "records that RESOURCES does not declare", counted(survey.undeclared)
    if survey.columns:
        columns = (f"{name} ({', '.join(each)})" for name, each in survey.columns.items())
        yield "columns that are no longer declared (Was renames them)", ", ".join(columns)


def report_undeclared(store: Store, logs: Logs, worker: int) -> Iterator[UndeclaredSurvey]:
    """The companion that logs what is not declared: in the first worker, if the store can be surveyed."""
    if worker == 0 and isinstance(store, Source):
        log = logs.logger("estuary::store")
        yield UndeclaredSurvey(store, lambda what, names: log.warn(f"the store holds {what}", tables=names))
