"""`Store.transact` in PostgreSQL: several writes in one transaction, locked in one order."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import asyncpg  # type: ignore[import-untyped]  # it ships no types
from sqlalchemy import ARRAY, Table, Text, any_, bindparam, select

from estuary.core.errors import EstuaryError, WriteRefused
from estuary.core.record import Written
from estuary.core.writes import Insert, Write
from estuary.stores.postgres.collection import Operation, PostgresCollection
from estuary.stores.postgres.driver_connection import Connection
from estuary.stores.postgres.errors import translate
from estuary.stores.postgres.pool import Work
from estuary.stores.postgres.statements import DIALECT
from estuary.stores.postgres.transaction import Transaction
from estuary.stores.sql.statements import compiled


class Transact:
    """Makes writes to `collections`, whose tables are `tables`; both by the names of their resources."""

    def __init__(self, tables: Mapping[str, Table], collections: Mapping[str, PostgresCollection]) -> None:
        self._collections = collections
        self._locks = {name: _lock(table) for name, table in tables.items()}

    def work(self, writes: Sequence[Write], *, dry_run: bool) -> Work[Sequence[Written]]:
        """What makes `writes` in their order, or none; raises `WriteRefused` for the first that fails."""
        operations = [self._collections[write.resource].operation(write) for write in writes]

        async def work(connection: Connection, seconds: float) -> Sequence[Written]:
            async with Transaction(connection, seconds, dry_run=dry_run) as transaction:
                await self._lock_in_order(transaction, writes)
                made = [await _made(transaction, index, write) for index, write in enumerate(operations)]
            return [written.tried() for written in made] if dry_run else made

        return work

    async def _lock_in_order(self, transaction: Transaction, writes: Sequence[Write]) -> None:
        """Lock the records that are there already, in an order that is the same for every transaction.

        Two that wrote to them in opposite orders would wait for each other until the server ended one.
        """
        written: dict[str, set[str]] = defaultdict(set)
        for write in writes:
            if not isinstance(write, Insert):
                written[write.resource].add(write.record_id)
        if sum(map(len, written.values())) > 1:
            for resource, ids in sorted(written.items()):
                await transaction.row(self._locks[resource], sorted(ids))


async def _made(transaction: Transaction, index: int, write: Operation) -> Written:
    try:
        return await write(transaction.connection, transaction.seconds_left())
    except EstuaryError as error:
        raise WriteRefused(index, error) from error
    except asyncpg.IntegrityConstraintViolationError as error:
        raise WriteRefused(index, translate(error)) from error


def _lock(table: Table) -> str:
    ids = bindparam("ids", type_=ARRAY(Text))
    return compiled(
        select(table.c.id).where(table.c.id == any_(ids)).order_by(table.c.id).with_for_update(), DIALECT
    ).text
