"""Loads whole records in one transaction, beside everything else that goes on in the file."""

import sqlite3
from collections.abc import AsyncIterable, Awaitable, Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeVar

from estuary.core.errors import RecordOrphaned, RecordRefused, StoreNotEmpty
from estuary.core.record import Record
from estuary.core.references.foreign_keys import ForeignKey
from estuary.core.resource import Resource
from estuary.stores.sql.orphans import OrphanSearch
from estuary.stores.sql.rows import Row
from estuary.stores.sql.sql_resource import SqlResource
from estuary.stores.sql.tables import DELETED, KEYS
from estuary.stores.sqlite.errors import DRIVER_ERRORS, translate
from estuary.stores.sqlite.executor import Executor
from estuary.stores.sqlite.file import DatabaseFile
from estuary.stores.sqlite.references import ReferenceTriggers
from estuary.stores.sqlite.unique_conflicts import UniqueConflicts

T = TypeVar("T")


class Loader:
    """Fills the tables of `resources` (by their names) in `file`; `foreign_keys` are between them.

    A load has its own thread and connection: it reads its batches at their own pace, while readers
    go on seeing what was there before. Other writers wait for its lock, `timeout` seconds at most.
    """

    def __init__(
        self,
        file: DatabaseFile,
        resources: Mapping[str, SqlResource],
        foreign_keys: Sequence[ForeignKey],
        *,
        timeout: float,
    ) -> None:
        self._file = file
        self._resources = resources
        self._foreign_keys = foreign_keys
        self._references = ReferenceTriggers(foreign_keys)
        self._timeout = timeout

    async def load(
        self, batches: AsyncIterable[tuple[Resource, Sequence[Record]]], *, replace: bool
    ) -> int:
        """Keep all records or none; raises `StoreNotEmpty`, and what `batches` raises."""
        executor = Executor("estuary-sqlite-loader")
        try:
            connection = await _run(executor, lambda: self._file.connect(timeout=self._timeout))
            try:
                return await self._fill(executor, connection, batches, replace=replace)
            finally:
                # Closing leaves nothing of what was not committed.
                await executor.run(connection.close)
        finally:
            executor.stop()

    async def _fill(
        self,
        executor: Executor,
        connection: sqlite3.Connection,
        batches: AsyncIterable[tuple[Resource, Sequence[Record]]],
        *,
        replace: bool,
    ) -> int:
        number = 0
        await _run(executor, partial(self._begin, connection, replace=replace))
        async for resource, records in batches:
            loaded = self._resources[resource.name]
            await _run(executor, partial(_insert, connection, loaded, records))
            number += len(records)
        await _run(executor, partial(self._commit, connection))
        return number

    def _begin(self, connection: sqlite3.Connection, *, replace: bool) -> None:
        """In the thread: take the lock, then see that there is nothing, or to it."""
        connection.execute("BEGIN IMMEDIATE")
        self._file.check()
        # Records come before those that they refer to: that they are there is looked at in the end.
        for statement in self._references.released():
            connection.execute(statement)
        for table in self._resources:
            if replace:
                connection.execute(f'DELETE FROM "{table}"')  # noqa: S608 (a checked name)
            elif connection.execute(f'SELECT 1 FROM "{table}" LIMIT 1').fetchone():  # noqa: S608 (as above)
                raise StoreNotEmpty
        if replace:
            for table in (KEYS, DELETED):
                connection.execute(f"DELETE FROM {table}")  # noqa: S608 (constant names)

    def _commit(self, connection: sqlite3.Connection) -> None:
        """In the thread; raises `RecordOrphaned`, `StoreUnavailable` if a file of the database was lost."""
        for key in self._foreign_keys:
            orphan = connection.execute(OrphanSearch(key).statement).fetchone()
            if orphan is not None:
                raise RecordOrphaned(orphan[1], key.field)
        for ddl in self._references.ddl.values():
            connection.execute(ddl)
        connection.execute("COMMIT")
        self._file.check()


def _insert(connection: sqlite3.Connection, loaded: SqlResource, records: Sequence[Record]) -> None:
    """In the thread; raises `RecordRefused`."""
    taken: list[Record] = []

    def rows() -> Iterator[Row]:
        for record in records:
            taken[:] = [record]
            yield loaded.rows.insert(record)

    try:
        connection.executemany(loaded.statements.insert.text, rows())
    except sqlite3.IntegrityError as error:
        (refused,) = taken
        conflict = UniqueConflicts(loaded).of(connection.cursor(), error, refused)
        if conflict is not None:
            raise RecordRefused(refused.id, conflict.fields) from error
        if connection.execute(loaded.statements.version.text, (refused.id,)).fetchone() is None:
            raise
        raise RecordRefused(refused.id, ("id",)) from error


def _run(executor: Executor, step: Callable[[], T]) -> Awaitable[T]:
    """The outcome of `step` in the thread, the driver's errors translated."""

    def translating() -> T:
        try:
            return step()
        except DRIVER_ERRORS as error:
            raise translate(error) from error

    return executor.run(translating)
