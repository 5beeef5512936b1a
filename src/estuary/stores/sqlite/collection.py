"""The records of one resource in the database. This module is compiled: it holds no coroutines."""

import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, assert_never

from msgspec.structs import replace

from estuary.core.awaiting import MaybeAwaitable
from estuary.core.errors import ReferenceMissing, VersionConflict
from estuary.core.queries.query import ListQuery, ListResult, counted
from estuary.core.queries.uniques import UniqueKey
from estuary.core.record import Record, Written
from estuary.core.writes.writes import UNCONDITIONAL, Delete, Demand, Insert, Update, Write, WriteOptions
from estuary.stores.sql.query_statements import is_far
from estuary.stores.sql.rows import Row
from estuary.stores.sql.sql_resource import SqlResource
from estuary.stores.sql.statements import BoundStatement
from estuary.stores.sql.unmatched_writes import refusal
from estuary.stores.sqlite.chosen_ids import ChosenIds
from estuary.stores.sqlite.dry_run import tried
from estuary.stores.sqlite.idempotency_keys import Keys
from estuary.stores.sqlite.queries import FARTHEST_INLINE_OFFSET, Queries
from estuary.stores.sqlite.reader_pool import Read
from estuary.stores.sqlite.references import refusal_of
from estuary.stores.sqlite.sqlite_database import Database
from estuary.stores.sqlite.transact import preceded
from estuary.stores.sqlite.unique_conflicts import UniqueConflicts
from estuary.stores.sqlite.writer import Operation


class SqliteCollection:
    """Implements `Collection`; reads are answered at once, but for lists from far behind.

    `database` is the whole store's; `keys`, `queries` and `chosen_ids` are the resource's. `operation_of`
    gives what makes a write to any of the store's `resources`.
    """

    def __init__(
        self,
        database: Database,
        resource: SqlResource,
        keys: Keys[Written],
        queries: Queries,
        chosen_ids: ChosenIds,
        operation_of: Callable[[Write], Operation[Written]],
        resources: Mapping[str, SqlResource],
    ) -> None:
        self._database = database
        self._row = database.row
        self._resource = resource
        self._lists = resource.lists
        self._rows = resource.rows
        self._reader = resource.reader
        self._keys = keys
        self._queries = queries
        self._chosen_ids = chosen_ids
        self._operation_of = operation_of
        self._resources = resources
        self._conflicts = UniqueConflicts(resource)
        statements = resource.statements
        self._insert = statements.insert.text
        self._get = statements.get.text
        self._update = statements.update.text
        self._patch = statements.patch.text
        self._delete = statements.delete.text
        self._version = statements.version.text

    def insert(self, record: Record, options: WriteOptions = UNCONDITIONAL) -> Awaitable[Written]:
        """Keep a new record; raises `UniqueConflict`, and `RecordExists` where its client chose a taken id.

        Any other id that is taken is a `StoreQueryFailed`.
        """
        return self._write(self._insertion(record, options), options)

    def get(self, record_id: str, owner: str | None = None) -> Record:
        """The record; raises `NotFound`."""
        return self._reader.found(self._row(self._get, (record_id,)), record_id, owner)

    def find(self, key: UniqueKey, values: Sequence[Any], owner: str | None = None) -> ListResult:
        """The records with these values of a unique key: one search in its index."""
        asked = self._resource.unique_keys[key].find(values, owner)
        if asked is None:
            return ListResult([])
        rows = self._database.read(lambda cursor: cursor.execute(*asked).fetchall())
        return ListResult([self._rows.record(row) for row in rows])

    def update(
        self,
        record_id: str,
        changes: Mapping[str, Any],
        updated_at: datetime,
        options: WriteOptions = UNCONDITIONAL,
    ) -> Awaitable[Written]:
        """The record as changed; raises `NotFound`, `VersionConflict`, `UniqueConflict`."""
        return self._write(self._change(record_id, changes, updated_at, options), options)

    def delete(self, record_id: str, options: WriteOptions = UNCONDITIONAL) -> Awaitable[Written]:
        """Remove the record; raises `NotFound`, `VersionConflict`."""
        return self._write(self._removal(record_id, options), options)

    def operation(self, write: Write) -> Operation[Written]:
        """What makes one of several writes, within a transaction."""
        match write:
            case Insert():
                return self._preceded(self._insertion(write.record, write.options), write.options)
            case Update():
                change = self._change(write.record_id, write.changes, write.updated_at, write.options)
                return self._preceded(change, write.options)
            case Delete():
                return self._preceded(self._removal(write.record_id, write.options), write.options)
            case _ as unknown:
                assert_never(unknown)

    def list(self, query: ListQuery) -> MaybeAwaitable[ListResult]:
        """The result of `query`: one search in the index, then its neighbours, or a walk to an offset."""
        if query.where or query.sort:
            return self._queries.list(query)
        read = self._reading(query)
        if query.offset is None or query.offset <= FARTHEST_INLINE_OFFSET:
            return self._database.read(read)
        return self._database.read_in_turn(read) if is_far(query) else self._database.read_apart(read)

    def count(self, owner: str | None = None) -> int:
        """The number of records, which triggers keep."""
        asked = self._resource.total(owner)
        return self._database.read(lambda cursor: _read_total(cursor, asked))

    def _reading(self, query: ListQuery) -> Read[ListResult]:
        """What reads the rows for `query`, and their number where that is asked for."""
        wanted = self._lists.of(query)
        if not query.counted:
            return lambda cursor: ListResult(self._records(cursor.execute(*wanted).fetchall()))
        total_of, offset = self._resource.total(query.owner), query.offset or 0

        def read(cursor: sqlite3.Cursor) -> ListResult:
            rows, total = _read_counted(cursor, wanted, total_of, offset)
            return counted(self._records(rows), total, query)

        return read

    def _records(self, rows: Sequence[Row]) -> Sequence[Record]:
        return [self._reader.record(row) for row in rows]

    def _insertion(self, record: Record, options: WriteOptions) -> Operation[Written]:
        if options.client_id:
            return lambda cursor: self._insert_at(cursor, record)
        parameters = self._rows.insert(record)

        return lambda cursor: self._insert_row(cursor, record, parameters)

    def _insert_row(self, cursor: sqlite3.Cursor, record: Record, row: Row) -> Written:
        try:
            cursor.execute(self._insert, row)
        except sqlite3.IntegrityError as error:
            refusal = refusal_of(error) or self._conflicts.of(cursor, error, record)
            if refusal is None:
                raise
            raise refusal from error
        return Written(record)

    def _insert_at(self, cursor: sqlite3.Cursor, record: Record) -> Written:
        record = self._chosen_ids.continued(cursor, record)
        return self._insert_row(cursor, record, self._rows.insert(record))

    def _change(
        self, record_id: str, changes: Mapping[str, Any], updated_at: datetime, options: WriteOptions
    ) -> Operation[Written]:
        parameters = self._rows.update(record_id, changes, updated_at, options)

        def operation(cursor: sqlite3.Cursor) -> Written:
            try:
                if options.if_changed:
                    row = cursor.execute(self._patch, parameters).fetchone()
                    if row is None:
                        return self._unchanged(cursor, record_id, options)
                else:
                    row = self._one(cursor, self._update, parameters, record_id, options)
            except sqlite3.IntegrityError as error:
                refusal = refusal_of(error) or self._conflicts.of(
                    cursor, error, self._changed(cursor, record_id, changes)
                )
                if refusal is None:
                    raise
                raise refusal from error
            return Written(self._rows.record(row))

        return operation

    def _unchanged(self, cursor: sqlite3.Cursor, record_id: str, options: WriteOptions) -> Written:
        """The record that a patch left as it is; raises why there is none that it may be made to."""
        row = cursor.execute(self._get, (record_id,)).fetchone()
        record = self._reader.found(row, record_id, options.owner)
        if options.expected_version not in (None, record.version):
            raise VersionConflict(record.version)
        return Written(record, made=False)

    def _changed(self, cursor: sqlite3.Cursor, record_id: str, changes: Mapping[str, Any]) -> Record:
        """The record as it would be after `changes`."""
        row = cursor.execute(self._get, (record_id,)).fetchone()
        record = self._reader.found(row, record_id, None)
        value = replace(record.value, **changes)
        return Record(record.id, record.version, record.created, record.updated, value, record.owner)

    def _removal(self, record_id: str, options: WriteOptions) -> Operation[Written]:
        parameters = self._rows.delete(record_id, options)

        def operation(cursor: sqlite3.Cursor) -> Written:
            try:
                self._one(cursor, self._delete, parameters, record_id, options)
            except sqlite3.IntegrityError as error:
                refusal = refusal_of(error)
                if refusal is None:
                    raise
                raise refusal from error
            return Written(None)

        return operation

    def _preceded(self, operation: Operation[Written], options: WriteOptions) -> Operation[Written]:
        if not options.before and not options.demands:
            return operation
        others = list(map(self._operation_of, options.before))
        demanding = self._demanding(operation, options.demands) if options.demands else operation
        return preceded(options.before, others, demanding)

    def _demanding(self, operation: Operation[Written], demands: Sequence[Demand]) -> Operation[Written]:
        """`operation`, and then a look at what it refers to; raises `ReferenceMissing`."""

        def demanding(cursor: sqlite3.Cursor) -> Written:
            written = operation(cursor)
            for demand in demands:
                version = self._resources[demand.resource].statements.version.text
                found = cursor.execute(version, (demand.record_id,)).fetchone()
                if found is None or found[1] != demand.owner:
                    raise ReferenceMissing(demand.field)
            return written

        return demanding

    def _write(self, operation: Operation[Written], options: WriteOptions) -> Awaitable[Written]:
        operation = self._preceded(operation, options)
        key = options.key
        if key is not None:
            operation = self._keys.once(key, operation)
        if options.dry_run:
            operation = tried(operation, Written.tried)
        return self._database.write(operation)

    def _one(
        self,
        cursor: sqlite3.Cursor,
        statement: str,
        parameters: Row,
        record_id: str,
        options: WriteOptions,
    ) -> Row:
        """The row that a write gives back; raises, in the same transaction, why nothing was written."""
        row: Row | None = cursor.execute(statement, parameters).fetchone()
        if row is not None:
            return row
        found = cursor.execute(self._version, (record_id,)).fetchone()
        raise refusal(found, record_id, options)


def _read_counted(
    cursor: sqlite3.Cursor, wanted: BoundStatement, total_of: BoundStatement, offset: int
) -> tuple[Sequence[Row], int]:
    """Rows and total in one snapshot; an offset past the end is answered by the total alone."""
    cursor.execute("BEGIN")
    try:
        total = _read_total(cursor, total_of)
        rows = cursor.execute(*wanted).fetchall() if offset < total else []
    finally:
        # The engine may have ended it by itself, after an error.
        if cursor.connection.in_transaction:
            cursor.execute("COMMIT")
    return rows, total


def _read_total(cursor: sqlite3.Cursor, asked: BoundStatement) -> int:
    (total,) = cursor.execute(*asked).fetchone()
    return int(total)
