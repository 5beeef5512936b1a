"""What the database must hold: the DDL that makes it, and whether it does."""

from collections.abc import Sequence
from enum import Enum, auto

from sqlalchemy import Table
from sqlalchemy.schema import CreateIndex, CreateTable

from estuary.core.errors import StoreSchemaMismatch
from estuary.stores.postgres.catalog import Catalog, read_catalog
from estuary.stores.postgres.connector import Connector
from estuary.stores.postgres.errors import DRIVER_ERRORS, translate
from estuary.stores.postgres.statements import DIALECT
from estuary.stores.postgres.triggers import FUNCTIONS, triggers
from estuary.stores.sql.tables import TOTALS, checks_of

LAYOUT = 1
"""The layout of Estuary's own columns and tables, kept in the comment on the table of totals."""

_LOCK = 0x45535455
_LAYOUT_COMMENT = "Estuary, layout "
_TABLE_COMMENT = "Estuary, a resource"


class State(Enum):
    """What a database is to the resources that it shall hold."""

    NEW = auto()
    FITS = auto()
    DIFFERS = auto()


class Schema:
    """The tables of resources, and those of Estuary's own beside them."""

    def __init__(self, tables: Sequence[Table], own: Sequence[Table]) -> None:
        self.tables = {table.name: table for table in tables}
        self._own = own
        self._checks = {name: checks_of(table, DIALECT) for name, table in self.tables.items()}
        self.names = [table.name for table in (*own, *tables)]

    def state(self, catalog: Catalog) -> State:
        """What `catalog` shows; raises `StoreSchemaMismatch` where it is not ours to change."""
        self._check_origin(catalog)
        if not catalog.columns:
            return State.NEW
        own_are_there = all(table.name in catalog.columns for table in self._own)
        fits = own_are_there and all(self._fits(table, catalog) for table in self.tables.values())
        return State.FITS if fits else State.DIFFERS

    async def prepare(self, connector: Connector) -> None:
        """Make the tables of a new database; raises `StoreSchemaMismatch` where they do not fit."""
        connection = await connector.connect()
        try:
            await connection.execute("BEGIN")
            await connection.execute(f"SELECT pg_advisory_xact_lock({_LOCK})")
            state = self.state(await read_catalog(connection, self.names))
            if state is State.NEW:
                for line in self.ddl():
                    await connection.execute(line)
            elif state is State.DIFFERS:
                raise StoreSchemaMismatch("differs")
            await connection.execute("COMMIT")
        except DRIVER_ERRORS as error:
            raise translate(error) from error
        finally:
            connection.terminate()

    def ddl(self) -> list[str]:
        """The statements that make all of it in an empty database."""
        return [
            *self.own_ddl(),
            *(line for table in self.tables.values() for line in self.table_ddl(table)),
        ]

    def own_ddl(self) -> list[str]:
        """The statements that make Estuary's own tables, and what triggers call."""
        lines = [line for table in self._own for line in _create(table)]
        return [*lines, _comment("TABLE", f'"{TOTALS}"', f"{_LAYOUT_COMMENT}{LAYOUT}"), *FUNCTIONS]

    def table_ddl(self, table: Table) -> list[str]:
        """The statements that make the table of one resource, and have its records counted."""
        return [
            *_create(table),
            _comment("TABLE", f'"{table.name}"', _TABLE_COMMENT),
            *(check_comment(table.name, name, rule) for name, rule in self._checks[table.name].items()),
            *triggers(table.name).values(),
        ]

    def _check_origin(self, catalog: Catalog) -> None:
        for name in self.tables:
            if name in catalog.columns and catalog.comments.get(name) != _TABLE_COMMENT:
                raise StoreSchemaMismatch(
                    f"Table {name} was not made by Estuary: rename it, or use another database"
                )
        comment = catalog.comments.get(TOTALS)
        layout = (comment or "").removeprefix(_LAYOUT_COMMENT)
        if TOTALS in catalog.columns and not layout.isdigit():
            raise StoreSchemaMismatch(
                f"Table {TOTALS} was not made by Estuary: rename it, or use another database"
            )
        if layout and int(layout) > LAYOUT:
            raise StoreSchemaMismatch(
                f"The database has layout {layout}, made by a newer Estuary than this one, "
                f"which knows {LAYOUT}: upgrade"
            )

    def _fits(self, table: Table, catalog: Catalog) -> bool:
        found = catalog.columns.get(table.name, {})
        for column in table.columns:
            has = found.get(column.name)
            if has is None or (has.type, has.demanded) != (type_of(column.type), not column.nullable):
                return False
        if any(
            has.demanded and not has.has_default for name, has in found.items() if name not in table.columns
        ):
            return False
        return (
            catalog.checks.get(table.name, {}) == self._checks[table.name]
            and {str(index.name) for index in table.indexes} <= catalog.indexes.get(table.name, set())
            and triggers(table.name).keys() <= catalog.triggers.get(table.name, set())
        )


def check_comment(table: str, name: str, rule: str) -> str:
    """Keeps a rule as it was written: what the server gives back is its own rendering."""
    return _comment("CONSTRAINT", f'"{name}" ON "{table}"', rule)


def type_of(column_type: object) -> str:
    """A column's type as the server's `format_type` has it."""
    return str(column_type.compile(dialect=DIALECT)).partition(" COLLATE")[0].lower()  # type: ignore[attr-defined]


def _create(table: Table) -> list[str]:
    indexes = sorted(table.indexes, key=lambda index: str(index.name))
    return [
        str(CreateTable(table).compile(dialect=DIALECT)).strip(),
        *(str(CreateIndex(index).compile(dialect=DIALECT)) for index in indexes),
    ]


def _comment(kind: str, name: str, text: str) -> str:
    return f"COMMENT ON {kind} {name} IS '{text.replace(chr(39), chr(39) * 2)}'"
