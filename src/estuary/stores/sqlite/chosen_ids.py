"""New records under ids that their clients chose: they may be taken, or have been deleted records'."""

import sqlite3
from typing import Final

from sqlalchemy import Table, literal_column, select
from sqlalchemy.engine.interfaces import Dialect

from estuary.core.errors import RecordExists
from estuary.core.record import Record
from estuary.stores.sql.sql_resource import SqlResource
from estuary.stores.sql.statements import by_id, compiled


class ChosenIds:
    """The chosen ids of one resource; `deleted` is the table of the last versions of deleted records."""

    def __init__(self, resource: SqlResource, deleted: Table, dialect: Dialect) -> None:
        of_resource = deleted.c.resource == literal_column(f"'{resource.name}'")
        last_version = select(deleted.c.version).where(of_resource, by_id(deleted))
        self._last_version: Final = compiled(last_version, dialect).text
        self._there: Final = resource.statements.version.text

    def continued(self, cursor: sqlite3.Cursor, record: Record) -> Record:
        """`record` at the version that is due under its id; raises `RecordExists` where that is taken."""
        if cursor.execute(self._there, (record.id,)).fetchone() is not None:
            raise RecordExists(record.id)
        last = cursor.execute(self._last_version, (record.id,)).fetchone()
        return record if last is None else record.at_version(last[0] + 1)
