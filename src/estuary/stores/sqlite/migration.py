"""Makes the file fit the declared resources, once, however many come to do it at the same time."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from estuary.core.errors import StoreNotMigrated, StoreSchemaMismatch
from estuary.stores.sql.migrations.plan import UNCHANGED, Plan
from estuary.stores.sql.migrations.policy import NO_ALEMBIC, NOT_MIGRATED, Policy
from estuary.stores.sqlite.duplicates import duplicates
from estuary.stores.sqlite.file import DatabaseFile
from estuary.stores.sqlite.orphans import orphans
from estuary.stores.sqlite.schema import Schema

_LOCK_TIMEOUT = 5.0
"""Seconds that comparing waits for a process that repairs the log."""


class Migration:
    """Compares `schema` with `file`, and mends what differs; blocking: call it in a thread.

    A new file is made whatever the policy, unless that is to look at nothing: it is no other process's,
    and there is nothing in it to be careful with.
    """

    def __init__(self, file: DatabaseFile, schema: Schema, policy: Policy) -> None:
        self._file = file
        self._schema = schema
        self._policy = policy

    def look(self, connection: sqlite3.Connection) -> None:
        """Raise `StoreSchemaMismatch` where the policy keeps the file from being used; changes nothing."""
        if self._policy is Policy.OFF:
            return
        with transaction(connection, "BEGIN"):
            self._schema.check_origin(connection)
            if self._policy is Policy.AUTO or self._schema.is_new(connection):
                # Refused before the first byte is written.
                self._plan(connection)
            elif not self._fits(connection):
                raise StoreNotMigrated(NOT_MIGRATED)

    def prepare(self, connection: sqlite3.Connection) -> None:
        """See to the tables after `look`; raises `StoreSchemaMismatch`, having changed nothing."""
        if self._policy is Policy.AUTO or self._schema.is_new(connection):
            # What only an earlier declaration asked for may be another release's, which still runs.
            self.run(connection, only_plan=False, drop=False)

    def complete(self, copy: sqlite3.Connection) -> None:
        """Make what a private copy of the file lacks; raises `StoreSchemaMismatch`, see `look`."""
        if self._policy is not Policy.OFF:
            self._schema.check(copy)
        for statement in self._schema.missing(copy):
            copy.execute(statement)

    def run(self, connection: sqlite3.Connection, *, only_plan: bool, drop: bool = True) -> Sequence[str]:
        """The statements that make the file fit; run, all of them or none, unless `only_plan`.

        With `drop` also those that remove indexes and references of earlier declarations.
        """
        # Another process may have migrated it while this one waited for the lock.
        with transaction(connection, "BEGIN" if only_plan else "BEGIN IMMEDIATE"):
            self._schema.check_origin(connection)
            plan = self._plan(connection)
            statements = [
                *self._schema.released(connection, plan),
                *plan.statements,
                *self._schema.missing(connection, plan),
                *(self._schema.undeclared(connection) if drop else ()),
            ]
            if not only_plan:
                for statement in statements:
                    connection.execute(statement)
        return statements

    def _fits(self, connection: sqlite3.Connection) -> bool:
        try:
            self._schema.check(connection)
        except StoreSchemaMismatch:
            return False
        return not self._schema.missing(connection)

    def _plan(self, connection: sqlite3.Connection) -> Plan:
        """What to do about the tables there are; raises `StoreSchemaMismatch` where nothing can be done."""
        misfit: StoreSchemaMismatch | None = None
        plan = UNCHANGED
        try:
            self._schema.check(connection)
        except StoreSchemaMismatch as error:
            misfit, plan = error, self._compare(connection)
        refusals = [
            *plan.refusals,
            *duplicates(connection, self._schema.tables, self._schema.dialect),
            *orphans(connection, self._schema.tables, self._schema.foreign_keys),
        ]
        if refusals:
            raise StoreSchemaMismatch("\n".join(refusals)) from misfit
        if misfit is not None and not plan.statements:
            raise misfit
        return plan

    def _compare(self, connection: sqlite3.Connection) -> Plan:
        try:
            from sqlalchemy import create_engine
            from sqlalchemy.pool import StaticPool

            from estuary.stores.sql.migrations.planner import plan
            from estuary.stores.sqlite.migrator import SqliteMigrator
        except ModuleNotFoundError as error:
            raise StoreSchemaMismatch(NO_ALEMBIC) from error

        found = {
            name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        }
        # SQLAlchemy has its own connection: it would end the transaction that is open on this one.
        reading = self._file.connect_to_read(timeout=_LOCK_TIMEOUT)
        engine = create_engine("sqlite://", creator=lambda: reading, poolclass=StaticPool)
        tables = [table for table in self._schema.tables if table.name in found]
        try:
            with engine.connect() as comparing:
                return plan(comparing, tables, SqliteMigrator(self._schema.dialect))
        finally:
            engine.dispose()


@contextmanager
def transaction(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
    """All of the block or nothing of it, on one state of the file."""
    connection.execute(begin)
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
