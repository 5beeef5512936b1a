"""`Store.transact` in PostgreSQL: several writes in one transaction, locked in one order."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from time import monotonic
from typing import NamedTuple

import asyncpg  # type: ignore[import-untyped]  # it ships no types
from sqlalchemy import ARRAY, Table, Text, any_, bindparam, select

from estuary.core.errors import EstuaryError, StoreUnavailable, WriteContention, WriteRefused
from estuary.core.record import Written
from estuary.core.writes.write_snapshots import BATCH, TransactionSnapshots
from estuary.core.writes.writes import (
    Delete,
    IdempotencyKey,
    Insert,
    Update,
    Write,
    WriteOptions,
    others_changed,
)
from estuary.stores.postgres.collection import PostgresCollection
from estuary.stores.postgres.driver_connection import Connection
from estuary.stores.postgres.errors import is_contention, translate
from estuary.stores.postgres.idempotency_keys import Keys, RecordKeys
from estuary.stores.postgres.multi_row_insert import MultiRowInsert
from estuary.stores.postgres.pool import Pool, Work
from estuary.stores.postgres.statements import DIALECT
from estuary.stores.postgres.transaction import LEAST, Transaction
from estuary.stores.postgres.writes_alike import WritesAlike, runs_alike
from estuary.stores.sql.idempotency_keys import KeyRows, KeyStatements
from estuary.stores.sql.sql_resource import SqlResource
from estuary.stores.sql.statements import compiled

_ATTEMPTS = 4
"""How often writes are tried that the server rolled back because of another transaction's."""


class _Inserts(NamedTuple):
    """New records of one resource, which go to the server in one statement."""

    resource: str
    writes: Sequence[Insert]


class _RowsRefused(Exception):
    """One of the rows of a statement breaks a constraint; only single statements show which one."""


class Transact:
    """Makes writes to `collections`; `resources` and `inserts` are by the same names of resources."""

    def __init__(
        self,
        resources: Mapping[str, SqlResource],
        collections: Mapping[str, PostgresCollection],
        inserts: Mapping[str, MultiRowInsert],
        keys: KeyStatements,
    ) -> None:
        self._resources = resources
        self._collections = collections
        self._inserts = inserts
        self._alike = WritesAlike(resources)
        self._keys = keys
        self._json = {name: each.json for name, each in resources.items()}
        self._locks = {name: _lock(each.table) for name, each in resources.items()}

    async def run(
        self, pool: Pool, writes: Sequence[Write], key: IdempotencyKey | None, *, dry_run: bool
    ) -> Sequence[Written]:
        """Make `writes` in their order, or none; raises `WriteRefused` for the first that fails.

        What the server rolled back is tried again; raises `WriteContention` where that does not help.
        """
        together = True
        for _ in range(_ATTEMPTS):
            try:
                return await pool.run(self._work(writes, key, dry_run=dry_run, together=together))
            except _RowsRefused:
                together = False
            except StoreUnavailable as error:
                if not is_contention(error):
                    raise
        raise WriteContention

    async def preceded(self, pool: Pool, write: Insert | Update | Delete, keys: RecordKeys) -> Written:
        """Make `write` with those before it, under its key, which is one of `keys`.

        Raises `WriteRefused` for the first of those before it that fails, and what `write` itself raises.
        """
        options = write.options

        async def make(connection: Connection, seconds: float) -> Written:
            left = _countdown(seconds)
            await self._lock_in_order(connection, [write], left)
            return await self._after_others(connection, write, left)

        async def work(connection: Connection, seconds: float) -> Written:
            if options.key is not None:
                once = keys.once(options.key, make, dry_run=options.dry_run)
                return await once(connection, seconds)
            async with Transaction(connection, seconds, dry_run=options.dry_run) as transaction:
                return await make(connection, transaction.seconds_left())

        for _ in range(_ATTEMPTS):
            try:
                written = await pool.run(work)
            except StoreUnavailable as error:
                if not is_contention(error):
                    raise
            else:
                return written.tried() if options.dry_run else written
        raise WriteContention

    def _work(
        self, writes: Sequence[Write], key: IdempotencyKey | None, *, dry_run: bool, together: bool
    ) -> Work[Sequence[Written]]:
        steps = list(_joined(writes)) if together else writes

        async def make(connection: Connection, seconds: float) -> Sequence[Written]:
            left = _countdown(seconds)
            await self._lock_in_order(connection, writes, left)
            made: list[Written] = []
            for step in steps:
                made += await self._made(connection, len(made), step, left)
            return made

        async def work(connection: Connection, seconds: float) -> Sequence[Written]:
            if key is not None:
                rows = KeyRows(BATCH, TransactionSnapshots(writes, self._json))
                made = await Keys(self._keys, rows).once(key, make, dry_run=dry_run)(connection, seconds)
            else:
                async with Transaction(connection, seconds, dry_run=dry_run) as transaction:
                    made = await make(connection, transaction.seconds_left())
            return [written.tried() for written in made] if dry_run else made

        return work

    async def _lock_in_order(
        self, connection: Connection, writes: Sequence[Write], left: Callable[[], float]
    ) -> None:
        """Lock the records that are there already, in an order that is the same for every transaction.

        Two that wrote to them in opposite orders would wait for each other until the server ended one.
        """
        written: dict[str, set[str]] = defaultdict(set)
        for write in _with_others(writes):
            if not isinstance(write, Insert):
                written[write.resource].add(write.record_id)
        if sum(map(len, written.values())) > 1:
            for resource, ids in sorted(written.items()):
                await connection.fetchrow(self._locks[resource], sorted(ids), timeout=left())

    async def _made(
        self, connection: Connection, index: int, step: Write | _Inserts, left: Callable[[], float]
    ) -> Sequence[Written]:
        """What one step left behind; `index` is the place of its first write."""
        if isinstance(step, _Inserts):
            return await self._inserted(connection, step, left())
        return [await self._one_of(connection, index, step, left)]

    async def _one_of(
        self, connection: Connection, index: int, write: Write, left: Callable[[], float]
    ) -> Written:
        try:
            return await self._after_others(connection, write, left)
        except EstuaryError as error:
            raise WriteRefused(index, error) from error
        except asyncpg.IntegrityConstraintViolationError as error:
            raise WriteRefused(index, translate(error)) from error

    async def _after_others(
        self, connection: Connection, write: Write, left: Callable[[], float]
    ) -> Written:
        """What `write` left behind, after those before it; raises `WriteRefused` for one of those."""
        before = write.options.before
        outcomes: list[Written] = []
        for run in runs_alike(before):
            if len(run) > 1:
                outcomes += await self._alike.make(connection, len(outcomes), run, left())
            else:
                outcomes.append(await self._one_of(connection, len(outcomes), run[0], left))
        written = await self._collections[write.resource].operation(write)(connection, left())
        return written.having_changed(others_changed(before, outcomes)) if before else written

    async def _inserted(
        self, connection: Connection, inserts: _Inserts, seconds: float
    ) -> Sequence[Written]:
        records = [insert.record for insert in inserts.writes]
        rows = [self._resources[inserts.resource].rows.insert(record) for record in records]
        statement, parameters = self._inserts[inserts.resource].statement(rows)
        try:
            await connection.fetchrow(statement, *parameters, timeout=seconds)
        except asyncpg.IntegrityConstraintViolationError as error:
            raise _RowsRefused from error
        return [Written(record) for record in records]


def _with_others(writes: Iterable[Write]) -> Iterator[Write]:
    """`writes`, and those before each of them."""
    for write in writes:
        yield from write.options.before
        yield write


def _joined(writes: Sequence[Write]) -> Iterator[Write | _Inserts]:
    """`writes` in their order, those joined that insert into one resource one after the other.

    A new record under an id that its client chose may be refused, and asks for two statements.
    """
    for resource, run in groupby(writes, _inserted_into):
        several = list(run)
        inserts = [write for write in several if isinstance(write, Insert)]
        if resource is not None and len(inserts) > 1:
            yield _Inserts(resource, inserts)
        else:
            yield from several


def _inserted_into(write: Write) -> str | None:
    """The resource that `write` may insert into together with others."""
    if isinstance(write, Insert) and not (write.options.client_id or _names_others(write.options)):
        return write.resource
    return None


def _countdown(seconds: float) -> Callable[[], float]:
    """A function for the seconds that are left of `seconds`; there is always time for one step."""
    end = monotonic() + seconds
    return lambda: max(end - monotonic(), LEAST)


def _names_others(options: WriteOptions) -> bool:
    """Whether the write asks something of other records."""
    return bool(options.before or options.demands)


def _lock(table: Table) -> str:
    ids = bindparam("ids", type_=ARRAY(Text))
    return compiled(
        select(table.c.id).where(table.c.id == any_(ids)).order_by(table.c.id).with_for_update(), DIALECT
    ).text
