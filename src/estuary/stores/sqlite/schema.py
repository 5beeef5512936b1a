"""The tables in the file: made where they are missing, checked where they are not."""

import re
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.schema import CreateColumn, CreateTable

from estuary.core.errors import StoreSchemaMismatch
from estuary.core.references.foreign_keys import ForeignKey
from estuary.stores.sql.ddl_text import in_one_line
from estuary.stores.sql.indexes import OWNER, create_index, named_here
from estuary.stores.sql.migrations.plan import UNCHANGED, Plan
from estuary.stores.sql.tables import KEYS, TOTALS, checks_of
from estuary.stores.sqlite.key_owners import key_owners
from estuary.stores.sqlite.references import ReferenceTriggers
from estuary.stores.sqlite.triggers import are_there, counting, made_again, remembering

APPLICATION_ID = 0x45535455
"""Marks the file as Estuary's ("ESTU"; https://www.sqlite.org/fileformat.html, offset 68)."""
LAYOUT = 2
"""The layout of Estuary's own columns and tables, kept as `user_version`.

Layout 1 knew no owners and no idempotency keys: it is brought up to date where it is found."""

IDENTITY = "_estuary_identity"
"""The table that identifies the file: `store_id` of its only row."""
_IDENTITY_DDL = f'CREATE TABLE "{IDENTITY}" AS SELECT lower(hex(randomblob(16))) AS store_id'
_ADVICE = "migrate the table, or name another database file"
_CHECK_NAMES = r"CONSTRAINT (ck_\w+) CHECK"


class Schema:
    """What the file must hold for `tables` (one a resource) and for `own`, Estuary's own tables.

    `foreign_keys` are between these resources. Its DDL is made here, once.
    """

    def __init__(
        self,
        tables: Sequence[Table],
        own: Sequence[Table],
        dialect: Dialect,
        foreign_keys: Sequence[ForeignKey] = (),
    ) -> None:
        self.dialect = dialect
        self.foreign_keys = foreign_keys
        self._references = ReferenceTriggers(foreign_keys)
        self.tables = list(tables)
        self._tables = [_TableSchema(table, dialect) for table in tables]
        self._own = {name: ddl for table in own for name, ddl in _creation(table, dialect).items()}
        self._key_owners = [
            line
            for table in own
            if table.name == KEYS
            for line in key_owners(table, _creation(table, dialect).values())
        ]
        self._own[IDENTITY] = _IDENTITY_DDL

    def is_new(self, connection: sqlite3.Connection) -> bool:
        """Whether there is nothing in the file yet."""
        return _pragma(connection, "application_id") == 0

    def check_origin(self, connection: sqlite3.Connection) -> None:
        """Raise `StoreSchemaMismatch` if the file is another program's, or a newer release's."""
        application = _pragma(connection, "application_id")
        layout = _pragma(connection, "user_version")
        if application not in (0, APPLICATION_ID):
            raise StoreSchemaMismatch("The database belongs to another application; name another file")
        if application == 0 and connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone():
            raise StoreSchemaMismatch(
                "The database holds tables that Estuary did not make; name another file"
            )
        if layout > LAYOUT:
            raise StoreSchemaMismatch(
                f"The database has layout {layout}, made by a newer Estuary than this one, "
                f"which knows {LAYOUT}: upgrade"
            )

    def check(self, connection: sqlite3.Connection) -> None:
        """Raise `StoreSchemaMismatch` if a table that is there does not fit; changes nothing."""
        for table in self._tables:
            table.check(connection)

    def missing(self, connection: sqlite3.Connection, plan: Plan = UNCHANGED) -> list[str]:
        """The statements that make what is not there, once those of `plan` have run."""
        marked = _pragma(connection, "application_id") != 0
        outdated = _pragma(connection, "user_version") < LAYOUT
        return [
            *([] if marked else [f"PRAGMA application_id = {APPLICATION_ID}"]),
            # Totals by owner have another key: they are counted again when the tables are migrated.
            *([f"DROP TABLE IF EXISTS {TOTALS}"] if marked and outdated else []),
            *([f"PRAGMA user_version = {LAYOUT}"] if outdated else []),
            *(ddl for name, ddl in self._own.items() if outdated or not _exists(connection, name)),
            *([] if self._keys_fit(connection) else self._key_owners),
            *(line for table in self._tables for line in table.missing(connection, plan)),
            *(
                self._references.lacking(
                    () if plan.rebuilt else _definitions(connection, "trigger").items()
                )
            ),
        ]

    def undeclared(self, connection: sqlite3.Connection) -> list[str]:
        """The statements that remove indexes and references which only an earlier declaration asked for."""
        indexes = [line for table in self._tables for line in table.undeclared_indexes(connection)]
        tables = [table.name for table in self.tables]
        return [*indexes, *self._references.undeclared(tables, dict(_triggers(connection)))]

    def released(self, connection: sqlite3.Connection, plan: Plan) -> list[str]:
        """The statements that drop all triggers of references while tables are rebuilt.

        No table can be renamed while triggers of others name one that is not there.
        """
        if not plan.rebuilt:
            return []
        tables = [table.name for table in self.tables]
        return self._references.all_released(tables, dict(_triggers(connection)))

    def _keys_fit(self, connection: sqlite3.Connection) -> bool:
        """Whether the table of keys, if it is there, distinguishes owners.

        No layout of its own: releases that knew layout 2 without it can go on with such a table.
        """
        found = {name for (name,) in connection.execute("SELECT name FROM pragma_table_info(?)", (KEYS,))}
        return not found or OWNER in found


class _TableSchema:
    """What the file must hold for one resource."""

    def __init__(self, table: Table, dialect: Dialect) -> None:
        self._name = table.name
        self._ddl = _creation(table, dialect)
        owner: Any = CreateColumn(table.c[OWNER]).compile(dialect=dialect)
        self._owner_ddl = f'ALTER TABLE "{table.name}" ADD COLUMN {owner}'
        self._counters = counting(table.name)
        self._remembering = remembering(table.name)
        self._columns = {
            column.name: (column.type.compile(dialect), not column.nullable) for column in table.columns
        }
        self._checks = {name: in_one_line(rule) for name, rule in checks_of(table, dialect).items()}

    def missing(self, connection: sqlite3.Connection, plan: Plan) -> list[str]:
        """The statements that make the table, its owner, its indexes and triggers, where they are not."""
        found = self._found_columns(connection)
        statements = [
            ddl
            for name, ddl in self._ddl.items()
            if not _exists(connection, name) or (name != self._name and self._name in plan.rebuilt)
        ]
        # A plan is made with Alembic, which finds that column to be missing by itself.
        if found and OWNER not in found and plan is UNCHANGED:
            statements.insert(0, self._owner_ddl)
        if self._name in plan.rebuilt or not self._counts(connection):
            statements += self._counting()
        if self._name in plan.rebuilt or not are_there(self._remembering, _triggers(connection)):
            statements += made_again(self._remembering)
        return statements

    def undeclared_indexes(self, connection: sqlite3.Connection) -> Iterator[str]:
        """The statements that drop indexes of an earlier declaration; a rebuilt table has lost them."""
        query = "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? ORDER BY name"
        for (name,) in connection.execute(query, (self._name,)).fetchall():
            if named_here(self._name, name) and name not in self._ddl:
                yield f'DROP INDEX IF EXISTS "{name}"'

    def _counting(self) -> Iterator[str]:
        yield from made_again(self._counters)
        # Without its triggers the table may have changed unseen: this once, its records are counted.
        yield f"DELETE FROM {TOTALS} WHERE resource = '{self._name}'"  # noqa: S608 (checked names, as below)
        count = f"SELECT '{self._name}', {OWNER}, count(*) FROM \"{self._name}\" GROUP BY {OWNER}"  # noqa: S608
        yield f"INSERT INTO {TOTALS} {count}"

    def _counts(self, connection: sqlite3.Connection) -> bool:
        """Whether the triggers are there, and a total for them to keep."""
        if not are_there(self._counters, _triggers(connection)):
            return False
        if not _exists(connection, TOTALS) or _pragma(connection, "user_version") < LAYOUT:
            return False
        query = f"SELECT 1 FROM {TOTALS} WHERE resource = ?"  # noqa: S608 (a constant name)
        any_record = f'SELECT 1 FROM "{self._name}" LIMIT 1'  # noqa: S608 (a checked name)
        return bool(
            connection.execute(query, (self._name,)).fetchone()
            or connection.execute(any_record).fetchone() is None
        )

    def check(self, connection: sqlite3.Connection) -> None:
        """Raise `StoreSchemaMismatch` if there is a table of this name that does not fit."""
        definition = _definitions(connection, "table").get(self._name)
        if definition is None:
            return
        self._check_columns(connection)
        if connection.execute("SELECT strict FROM pragma_table_list(?)", (self._name,)).fetchone() != (1,):
            raise self._mismatch("is not STRICT")
        self._check_rules(in_one_line(definition))

    def _check_columns(self, connection: sqlite3.Connection) -> None:
        found = self._found_columns(connection)
        for name, (kind, demanded) in self._columns.items():
            if name == OWNER and name not in found:
                continue  # a table of layout 1: `missing` adds it
            if name not in found:
                raise self._mismatch("is missing", name)
            if found[name][0] != kind:
                raise self._mismatch(f"is {found[name][0]}, the declaration needs {kind}", name)
            if found[name][1] != demanded:
                raise self._mismatch(f"must {'not ' if demanded else ''}allow null", name)
        for name, (_, demanded, default) in found.items():
            # A column that an insert may leave out does no harm: a newer release may have put it there.
            if name not in self._columns and demanded and default is None:
                raise self._mismatch("is not declared, and demands a value", name)

    def _found_columns(self, connection: sqlite3.Connection) -> dict[str, tuple[str, bool, str | None]]:
        """Each column's type, whether it demands a value, and its default."""
        rows = connection.execute(
            'SELECT name, type, "notnull", dflt_value FROM pragma_table_info(?)', (self._name,)
        )
        return {name: (kind, bool(demanded), default) for name, kind, demanded, default in rows}

    def _check_rules(self, definition: str) -> None:
        for name, condition in self._checks.items():
            if f"CONSTRAINT {name} CHECK ({condition})" not in definition:
                raise self._mismatch("has other rules than the declaration", self._column_of(name))
        for name in re.findall(_CHECK_NAMES, definition):
            # A rule of a column that is not declared came with that column.
            if name not in self._checks and self._column_of(name) in self._columns:
                raise self._mismatch("has rules that are not declared", self._column_of(name))

    def _column_of(self, check: str) -> str:
        return check.removeprefix(f"ck_{self._name}_")

    def _mismatch(self, what: str, column: str | None = None) -> StoreSchemaMismatch:
        place = f"Table {self._name}" if column is None else f"Table {self._name}: column {column}"
        return StoreSchemaMismatch(f"{place} {what}; {_ADVICE}")


def _creation(table: Table, dialect: Dialect) -> dict[str, str]:
    """The DDL that makes `table` and its indexes, each under its name, the table first."""
    indexes = sorted(table.indexes, key=lambda index: str(index.name))
    return {
        table.name: str(CreateTable(table).compile(dialect=dialect)).strip(),
        **{str(index.name): create_index(index, dialect) for index in indexes},
    }


def _exists(connection: sqlite3.Connection, name: str) -> bool:
    """Whether there is a table or an index of this name."""
    query = "SELECT 1 FROM sqlite_schema WHERE name = ? AND type IN ('table', 'index')"
    return connection.execute(query, (name,)).fetchone() is not None


def _definitions(connection: sqlite3.Connection, kind: str) -> dict[str, str]:
    """The objects of one kind in the file, each with the SQL it was made by."""
    return dict(connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = ?", (kind,)))


def _triggers(connection: sqlite3.Connection) -> Collection[tuple[str, str]]:
    """The triggers in the file, each with the SQL it was made by."""
    return _definitions(connection, "trigger").items()


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    (value,) = connection.execute(f"PRAGMA {name}").fetchone()
    return int(value)
