"""How SQLite changes a table that is there: it adds columns in place, and rebuilds the table for more."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import CheckConstraint, Connection, MetaData, Table, literal_column, text
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.schema import CreateColumn, CreateTable

from estuary.stores.sql.ddl_text import in_one_line
from estuary.stores.sql.migrations.changes import (
    AddColumn,
    Alteration,
    Change,
    Rename,
    SetPrecision,
    Undeclared,
)
from estuary.stores.sql.tables import checks_of, copy_of

_DEFINITION = text("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = :table")
_NAME = re.compile(r"CONSTRAINT (ck_\w+) CHECK \(")


class SqliteMigrator:
    """Implements `Engine`."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    def rules(self, connection: Connection, table: Table) -> dict[str, str]:
        """The rules in the table's definition."""
        definition = in_one_line(connection.execute(_DEFINITION, {"table": table.name}).scalar_one())
        return {match[1]: _condition(definition, match.end()) for match in _NAME.finditer(definition)}

    def declared_rules(self, table: Table) -> dict[str, str]:
        """The rules of the declaration."""
        return {name: in_one_line(rule) for name, rule in checks_of(table, self._dialect).items()}

    def alter(
        self, table: Table, changes: Sequence[Change], undeclared: Sequence[Undeclared]
    ) -> Alteration:
        """The statements that make `changes`; indexes and triggers go with a table that is rebuilt."""
        added = [change for change in changes if isinstance(change, AddColumn)]
        if len(added) == len(changes):
            return Alteration([self._added(table, change) for change in added], rebuilt=False)
        new = self._new(table, undeclared)
        return Alteration(self._rebuilt(table.name, new, _values(new, changes)), rebuilt=True)

    def _added(self, table: Table, change: AddColumn) -> str:
        definition: Any = CreateColumn(change.column).compile(dialect=self._dialect)
        rule = "" if change.rule is None else " CONSTRAINT {} CHECK ({})".format(*change.rule)
        return f'ALTER TABLE "{table.name}" ADD COLUMN {definition}{rule}'

    def _new(self, table: Table, undeclared: Sequence[Undeclared]) -> Table:
        """What comes in the place of `table`, with columns that are there though `undeclared`."""
        rules = {**self.declared_rules(table), **dict(each.rule for each in undeclared if each.rule)}
        return Table(
            f"_{table.name}_new",
            MetaData(),
            *(
                copy_of(column, column.name)
                for column in (*table.columns, *(each.column for each in undeclared))
            ),
            *(CheckConstraint(literal_column(rule), name=name) for name, rule in sorted(rules.items())),
            sqlite_strict=True,
        )

    def _rebuilt(self, table: str, new: Table, values: Mapping[str, str]) -> list[str]:
        """https://www.sqlite.org/lang_altertable.html#otheralter; there are no foreign keys to see to."""
        names = ", ".join(f'"{name}"' for name in values)
        return [
            str(CreateTable(new).compile(dialect=self._dialect)).strip(),
            f'INSERT INTO "{new.name}" ({names}) SELECT {", ".join(values.values())} FROM "{table}"',  # noqa: S608 (checked names)
            f'DROP TABLE "{table}"',
            f'ALTER TABLE "{new.name}" RENAME TO "{table}"',
        ]


def _values(new: Table, changes: Sequence[Change]) -> dict[str, str]:
    """For each column of `new` that the table had, under whatever name, its value in SQL."""
    values = {column.name: f'"{column.name}"' for column in new.columns}
    for change in changes:
        match change:
            case AddColumn(column):
                del values[column.name]
            case Rename(column, former):
                values[column.name] = f'"{former}"'
    for change in changes:
        if isinstance(change, SetPrecision) and change.factor:
            values[change.column.name] += f" {change.factor}"
    return values


def _condition(definition: str, start: int) -> str:
    """What stands between the bracket before `start` and the one that closes it, quotes apart."""
    depth, quote = 1, ""
    for end in range(start, len(definition)):
        character = definition[end]
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        else:
            depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0:
            return definition[start:end]
    return definition[start:]
