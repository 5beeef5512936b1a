"""Writes that are alike, in one statement: deletes of one resource, or fields that become null in it.

A delete may take thousands of records with it. One by one they would take longer than a transaction may.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # it ships no types
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Table,
    Text,
    bindparam,
    cast,
    column,
    delete,
    func,
    literal_column,
    null,
    or_,
    update,
)

from estuary.core.errors import NotFound, Referenced, VersionConflict, WriteRefused
from estuary.core.moments import to_microseconds
from estuary.core.record import Written
from estuary.core.writes.writes import Delete, Update, Write, id_of
from estuary.stores.postgres.driver_connection import Connection
from estuary.stores.postgres.statements import DIALECT
from estuary.stores.sql.sql_resource import SqlResource
from estuary.stores.sql.statements import compiled
from estuary.stores.sql.types import LONG
from estuary.stores.sql.unmatched_writes import refusal


def runs_alike(writes: Sequence[Write]) -> Iterator[Sequence[Write]]:
    """`writes` in their order, those together that one statement can make."""
    for likeness, run in groupby(writes, _likeness):
        if likeness is None:
            yield from ([write] for write in run)
        else:
            yield list(run)


class WritesAlike:
    """Makes runs of writes to records of `resources`, which are by their names."""

    def __init__(self, resources: Mapping[str, SqlResource]) -> None:
        self._resources = resources
        self._removal: Callable[[str], str] = cache(lambda name: _removal(resources[name].table))
        self._clearing: Callable[[str, tuple[str, ...]], str] = cache(
            lambda name, fields: _clearing(resources[name].table, fields)
        )

    async def make(
        self, connection: Connection, first: int, run: Sequence[Write], seconds: float
    ) -> Sequence[Written]:
        """The outcome of a run, without the records; raises `WriteRefused`.

        `first` is the place of its first write among all.
        """
        name = run[0].resource
        ids = [id_of(write) for write in run]
        versions = [write.options.expected_version for write in run]
        given: list[Any] = [ids, versions]
        if isinstance(run[0], Update):
            statement = self._clearing(name, tuple(run[0].changes))
            given.insert(0, to_microseconds(run[0].updated_at))
        else:
            statement = self._removal(name)
        try:
            rows = await connection.fetch(statement, *given, timeout=seconds)
        except asyncpg.ForeignKeyViolationError as error:
            raise WriteRefused(first, Referenced()) from error
        made = {row["id"] for row in rows}
        for index, write in enumerate(run, first):
            if id_of(write) not in made:
                raise WriteRefused(index, await self._refusal(connection, write, seconds))
        return [Written(None) for _ in run]

    async def _refusal(
        self, connection: Connection, write: Write, seconds: float
    ) -> NotFound | VersionConflict:
        version = self._resources[write.resource].statements.version.text
        found = await connection.fetchrow(version, id_of(write), timeout=seconds)
        return refusal(found, id_of(write), write.options)


def _likeness(write: Write) -> tuple[Any, ...] | None:
    """What writes have in common that one statement can make; None where it is made alone."""
    options = write.options
    if options.owner is not None or options.before or options.demands:
        return None
    match write:
        case Delete():
            return "delete", write.resource
        case Update(changes=changes) if changes and set(changes.values()) == {None}:
            return "clear", write.resource, tuple(changes), write.updated_at
        case _:
            return None


def _removal(table: Table) -> str:
    statement = delete(table).where(*_wanted(table)).returning(table.c.id)
    return compiled(statement, DIALECT).text


def _clearing(table: Table, fields: Sequence[str]) -> str:
    values: dict[Any, Any] = {table.c[name]: null() for name in fields}
    values[table.c.version] = table.c.version + literal_column("1")
    values[table.c.updated_at] = bindparam("_updated_at", type_=LONG)
    statement = update(table).where(*_wanted(table)).values(values).returning(table.c.id)
    return compiled(statement, DIALECT).text


def _wanted(table: Table) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The records with the given ids and versions: null is any version."""
    arrays = cast(bindparam("_ids"), ARRAY(Text)), cast(bindparam("_versions"), ARRAY(LONG))
    wanted = func.unnest(*arrays).table_valued(column("id", Text), column("version", LONG))
    given = wanted.render_derived().c
    return table.c.id == given.id, or_(table.c.version == given.version, given.version.is_(None))
