"""New records under ids that their clients chose: they may be taken, or have been deleted records'."""

from time import monotonic
from typing import Final

import asyncpg  # type: ignore[import-untyped]  # it ships no types
from sqlalchemy import Table, literal_column, update
from sqlalchemy.dialects.postgresql import insert as insert_or_not

from estuary.core.errors import RecordExists
from estuary.core.record import Record, Written
from estuary.stores.postgres.driver_connection import Connection
from estuary.stores.postgres.multi_row_insert import Row
from estuary.stores.postgres.statements import DIALECT
from estuary.stores.postgres.transaction import LEAST
from estuary.stores.sql.indexes import position_index
from estuary.stores.sql.statements import by_id, compiled


class ChosenIds:
    """The chosen ids of one resource; `deleted` is the table of the last versions of deleted records.

    Two statements, in a transaction: the first may have waited for another one that deleted the record, and
    sees nothing that was committed since it began; the second does.
    """

    def __init__(self, table: Table, deleted: Table) -> None:
        inserted = insert_or_not(table).on_conflict_do_nothing(index_elements=[table.c.id])
        self._position: Final = position_index(table.name)
        self._insert: Final = compiled(inserted.returning(table.c.id), DIALECT).text
        continued = (
            update(table)
            .where(by_id(table), deleted.c.id == table.c.id)
            .where(deleted.c.resource == literal_column(f"'{table.name}'"))
            .values(version=deleted.c.version + literal_column("1"))
            .returning(table.c.version)
        )
        self._continue: Final = compiled(continued, DIALECT).text

    async def insert(self, connection: Connection, seconds: float, record: Record, row: Row) -> Written:
        """Keep `record`, whose row this is; raises `RecordExists` where its id is taken."""
        end = monotonic() + seconds
        try:
            inserted = await connection.fetchrow(self._insert, *row, timeout=seconds)
        except asyncpg.UniqueViolationError as error:
            if error.constraint_name != self._position:
                raise
            # Its index shows as much: of records created at one time, it refused the one with the same id.
            inserted = None
        if inserted is None:
            raise RecordExists(record.id)
        left = max(end - monotonic(), LEAST)
        continued = await connection.fetchrow(self._continue, record.id, timeout=left)
        return Written(record if continued is None else record.at_version(continued[0]))
