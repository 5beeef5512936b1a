"""Reads every record as of one moment, over a connection of its own."""

from collections.abc import AsyncGenerator, Sequence
from typing import NamedTuple

from estuary.core.moments import to_microseconds
from estuary.core.record import Position, Record
from estuary.core.resource import Resource
from estuary.stores.postgres.connection import Connection
from estuary.stores.postgres.connector import Connector
from estuary.stores.postgres.errors import DRIVER_ERRORS, translate
from estuary.stores.sql.rows import Rows, position_parameters
from estuary.stores.sql.statements import Statements

BATCH = 1000
"""Records that are asked for in one go."""


class Dumpable(NamedTuple):
    """A resource's table, as far as dumping goes."""

    resource: Resource
    statements: Statements
    rows: Rows


class Dumper:
    """Reads the tables of `dumpables` in one transaction, whose snapshot no writer waits for.

    Page after page rather than with a cursor of the server's: each is a search in the index, bounded in
    time as every query is, however long all of it takes.
    """

    def __init__(self, connector: Connector, dumpables: Sequence[Dumpable]) -> None:
        self._connector = connector
        self._dumpables = dumpables

    async def dump(self) -> AsyncGenerator[tuple[Resource, Sequence[Record]], None]:
        """Every record, in its order; raises `StoreUnavailable`."""
        connection = await self._connector.connect()
        try:
            # The server would otherwise end a session that rests while the last batch is worked on.
            await connection.execute(
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; "
                "SET LOCAL idle_in_transaction_session_timeout = 0"
            )
            for dumpable in self._dumpables:
                after: Position | None = None
                while records := await _page(connection, dumpable, after):
                    yield dumpable.resource, records
                    after = Position(to_microseconds(records[-1].created_at), records[-1].id)
        except DRIVER_ERRORS as error:
            raise translate(error) from error
        finally:
            connection.terminate()


async def _page(connection: Connection, dumpable: Dumpable, after: Position | None) -> list[Record]:
    _, statements, rows = dumpable
    if after is None:
        found = await connection.fetch(statements.first_page.text, BATCH)
    else:
        found = await connection.fetch(statements.next_page.text, *position_parameters(after, BATCH))
    return [rows.record(row) for row in found]
