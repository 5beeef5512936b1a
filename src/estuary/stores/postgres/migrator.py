"""How PostgreSQL changes a table that is there."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Table, text
from sqlalchemy.schema import CreateColumn

from estuary.stores.postgres.schema import check_comment
from estuary.stores.postgres.statements import DIALECT
from estuary.stores.sql.defaults import default_in_sql
from estuary.stores.sql.migrations.changes import (
    AddColumn,
    AllowNull,
    Alteration,
    Change,
    DemandValue,
    DropRule,
    Rename,
    SetDefault,
    SetPrecision,
    SetRule,
    Undeclared,
    Widen,
)
from estuary.stores.sql.tables import check_of, checks_of

_RULES = text(
    "SELECT conname, coalesce(obj_description(oid, 'pg_constraint'), '') FROM pg_constraint "
    "WHERE conrelid = CAST(:table AS regclass) AND contype = 'c' AND conname LIKE 'ck\\_%'"
)


class PostgresMigrator:
    """Implements `Engine`: each change is a statement or two, and none copies the table unless it must."""

    def rules(self, connection: Connection, table: Table) -> dict[str, str]:
        """The rules in the catalog, as their comments have them."""
        found = connection.execute(_RULES, {"table": f'"{table.name}"'})
        return {name: rule for name, rule in found}  # noqa: C416 (a Row is a tuple, to mypy it is not)

    def declared_rules(self, table: Table) -> dict[str, str]:
        """The rules of the declaration."""
        return checks_of(table, DIALECT)

    def alter(
        self,
        table: Table,
        changes: Sequence[Change],
        undeclared: Sequence[Undeclared],  # noqa: ARG002 (they stay where they are)
    ) -> Alteration:
        """The statements that make `changes`."""
        return Alteration([line for change in changes for line in _lines(table, change)], rebuilt=False)


def _lines(table: Table, change: Change) -> Iterator[str]:
    alter = f'ALTER TABLE "{table.name}"'
    match change:
        case Rename(column, former, rule):
            yield f'{alter} RENAME COLUMN "{former}" TO "{column.name}"'
            if rule is not None:
                name, condition = rule
                yield f'{alter} RENAME CONSTRAINT "{check_of(table, former)}" TO "{name}"'
                yield check_comment(table.name, name, condition)
        case AddColumn(column, rule):
            yield f"{alter} ADD COLUMN {_definition(column)}"
            if rule is not None:
                yield from _rule(table, *rule)
        case AllowNull(column) | DemandValue(column):
            verb = "DROP" if isinstance(change, AllowNull) else "SET"
            yield f'{alter} ALTER COLUMN "{column.name}" {verb} NOT NULL'
        case Widen(column) | SetPrecision(column):
            yield f'{alter} ALTER COLUMN "{column.name}" TYPE {column.type.compile(dialect=DIALECT)}'
        case SetRule(name, condition):
            yield f'{alter} DROP CONSTRAINT IF EXISTS "{name}"'
            yield from _rule(table, name, condition)
        case DropRule(name):
            yield f'{alter} DROP CONSTRAINT "{name}"'
        case SetDefault(column):
            yield f'{alter} ALTER COLUMN "{column.name}" {_default(column)}'


def _default(column: Column[Any]) -> str:
    default = default_in_sql(column, DIALECT)
    return "DROP DEFAULT" if default is None else f"SET DEFAULT {default}"


def _rule(table: Table, name: str, condition: str) -> Iterator[str]:
    yield f'ALTER TABLE "{table.name}" ADD CONSTRAINT "{name}" CHECK ({condition})'
    yield check_comment(table.name, name, condition)


def _definition(column: Column[Any]) -> str:
    compiled: Any = CreateColumn(column).compile(dialect=DIALECT)
    return str(compiled)
