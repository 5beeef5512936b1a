"""Which unique key, or which reference, a refused write would break."""

import re
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

import asyncpg  # type: ignore[import-untyped]  # it ships no types
from sqlalchemy import Table

from estuary.core.errors import ReferenceMissing, UniqueConflict
from estuary.core.queries.uniques import UniqueKey
from estuary.core.references.foreign_keys import ForeignKey
from estuary.stores.postgres.driver_connection import Connection
from estuary.stores.postgres.foreign_keys import fields_by_name
from estuary.stores.sql.indexes import position_index, unique_name

_COLUMN = r"\((\w+)\)=\("
"""In the server's detail on a broken key, whatever its language."""

T = TypeVar("T")
Work = Callable[[Connection, float], Awaitable[T]]


class Conflicts:
    """Translates errors of the records in `table`, which has unique keys and foreign keys.

    Of several keys that a record would break, the server names the one whose index was made first.
    """

    def __init__(
        self, table: Table, keys: Iterable[UniqueKey], foreign_keys: Iterable[ForeignKey] = ()
    ) -> None:
        self._references = fields_by_name(foreign_keys)
        # The index of positions ends with the id.
        self._of_ids = {f"{table.name}_pkey", position_index(table.name)}
        self._fields = {unique_name(table, key): key.fields for key in keys}

    def translated(self, write: Work[T]) -> Work[T]:
        """`write` of values, which then raises `UniqueConflict` and `ReferenceMissing`."""

        async def work(connection: Connection, seconds: float) -> T:
            try:
                return await write(connection, seconds)
            except asyncpg.UniqueViolationError as error:
                conflict = self.of(error)
                if conflict is None:
                    raise
                raise conflict from error
            except asyncpg.ForeignKeyViolationError as error:
                field = self._references.get(error.constraint_name) or _column_in(error)
                if field is None:
                    raise
                raise ReferenceMissing(field) from error

        return work

    def of(self, error: asyncpg.UniqueViolationError) -> UniqueConflict | None:
        """The error to raise for `error`; None where an id is taken."""
        index = error.constraint_name
        return None if index in self._of_ids else UniqueConflict(self._fields.get(index, ()))


def _column_in(error: asyncpg.ForeignKeyViolationError) -> str | None:
    """The column of a foreign key that a newer release keeps: its name is unknown here."""
    found = re.search(_COLUMN, error.detail or "")
    return None if found is None else found[1]
