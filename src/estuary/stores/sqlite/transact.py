"""`Store.transact` in SQLite: several writes as one operation of the writer, in a savepoint."""

import sqlite3
from collections.abc import Sequence

from estuary.core.errors import EstuaryError, StoreQueryFailed, WriteRefused
from estuary.core.record import Written
from estuary.core.writes.writes import Write, others_changed
from estuary.stores.sqlite.errors import translate
from estuary.stores.sqlite.savepoint import savepoint
from estuary.stores.sqlite.writer import Operation


def transact(operations: Sequence[Operation[Written]]) -> Operation[Sequence[Written]]:
    """`operations` in their order, or none; raises `WriteRefused` for the first that cannot be made."""

    def operation(cursor: sqlite3.Cursor) -> Sequence[Written]:
        with savepoint(cursor):
            return [_made(cursor, index, write) for index, write in enumerate(operations)]

    return operation


def preceded(
    before: Sequence[Write], operations: Sequence[Operation[Written]], write: Operation[Written]
) -> Operation[Written]:
    """`write` after `operations`, which make the writes `before`, or none of them.

    Raises `WriteRefused` for the first of those that cannot be made, and what `write` raises.
    """

    def operation(cursor: sqlite3.Cursor) -> Written:
        with savepoint(cursor):
            outcomes = [_made(cursor, index, each) for index, each in enumerate(operations)]
            return write(cursor).having_changed(others_changed(before, outcomes))

    return operation


def _made(cursor: sqlite3.Cursor, index: int, write: Operation[Written]) -> Written:
    try:
        return write(cursor)
    except EstuaryError as error:
        raise WriteRefused(index, error) from error
    except sqlite3.IntegrityError as error:
        refusal = translate(error)
        if isinstance(refusal, StoreQueryFailed):
            raise WriteRefused(index, refusal) from error
        raise
