"""A resource in a SQL store: its table, the statements on it, and its records as rows."""

from sqlalchemy import Table
from sqlalchemy.engine.interfaces import Dialect

from estuary.core.resource import Resource
from estuary.stores.sql.keys import KeyRows
from estuary.stores.sql.lists import Asked, ListStatements
from estuary.stores.sql.rows import Rows
from estuary.stores.sql.statements import Statements


class SqlResource:
    """All that a store's parts need to know of one resource; made at start-up, and never changed."""

    def __init__(
        self,
        resource: Resource,
        table: Table,
        statements: Statements,
        lists: ListStatements,
        dialect: Dialect,
    ) -> None:
        self.name = resource.name
        self.table = table
        self.statements = statements
        self.lists = lists
        self.rows = Rows(resource, table, statements, dialect)
        self.keys = KeyRows(resource)

    def total(self, owner: str | None) -> Asked:
        """The number of records, of all or of one owner's: the statement and its parameters."""
        if owner is None:
            return Asked(self.statements.total.text, ())
        return Asked(self.statements.owned_total.text, (owner,))
