"""A resource in a SQL store: its table, the statements on it, and its records as rows."""

from collections.abc import Callable

from sqlalchemy import Table
from sqlalchemy.engine.interfaces import Dialect

from estuary.core.record import Written
from estuary.core.record_json import RecordJson
from estuary.core.resource import Resource
from estuary.core.writes.write_snapshots import RecordSnapshots
from estuary.stores.sql.columns import columns_of
from estuary.stores.sql.idempotency_keys import KeyRows
from estuary.stores.sql.language import Language
from estuary.stores.sql.list_statements import ListStatements
from estuary.stores.sql.query_statements import QueryStatements
from estuary.stores.sql.query_writer import ResourceTable
from estuary.stores.sql.rows import RowReader, Rows
from estuary.stores.sql.statements import BoundStatement, Statements
from estuary.stores.sql.unique_keys import KeyStatements


class SqlResource:
    """All that a store's parts need to know of one resource; made at start-up, and never changed.

    `rows` knows rows of the whole table, as writes give and take them, and queries whose rows are merged.
    What `statements.get`, `lists` and other queries give, `reader` alone reads: an engine may have fewer
    columns there, of which queries are given the SQL as `selected`.
    """

    def __init__(
        self,
        resource: Resource,
        table: Table,
        statements: Statements,
        lists: ListStatements,
        dialect: Dialect,
        language: Language,
        reader: Callable[[Rows], RowReader] | None = None,
        selected: str | None = None,
    ) -> None:
        self.name = resource.name
        self.table = table
        self.statements = statements
        self.lists = lists
        self._total = BoundStatement(statements.total.text, ())
        self.rows = Rows(resource, table, statements, dialect)
        self.reader: RowReader = self.rows if reader is None else reader(self.rows)
        self.json = RecordJson(resource)
        self.keys: KeyRows[Written] = KeyRows(resource.name, RecordSnapshots(self.json))
        columns = columns_of(resource, table, dialect)
        named = ResourceTable.of(table, selected)
        self.queries = QueryStatements(resource, named, columns, language)
        self.unique_keys = {
            key: KeyStatements(key, named, columns, language) for key in resource.unique_keys
        }

    def total(self, owner: str | None) -> BoundStatement:
        """The number of records, of all or of one owner's: the statement and its parameters."""
        return self._total if owner is None else BoundStatement(self.statements.owned_total.text, (owner,))
