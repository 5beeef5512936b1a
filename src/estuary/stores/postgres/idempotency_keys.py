"""Writes that take effect once: the key is kept in the transaction of the write that carries it."""

from hashlib import blake2b
from time import monotonic
from typing import Generic

from estuary.core.errors import IdempotencyKeyInFlight
from estuary.core.record import Record, Written
from estuary.core.writes.write_snapshots import OutcomeT
from estuary.core.writes.writes import IdempotencyKey
from estuary.stores.postgres.driver_connection import Connection
from estuary.stores.postgres.keyed_insert import KeyedInsert
from estuary.stores.postgres.multi_row_insert import Row
from estuary.stores.postgres.pool import Work
from estuary.stores.postgres.transaction import LEAST, Transaction
from estuary.stores.sql.idempotency_keys import KeyRows, KeyStatements

_LOCK = "SELECT pg_try_advisory_xact_lock($1)"


class Keys(Generic[OutcomeT]):
    """The keys of one resource, or of several writes.

    A transaction at a key holds a lock on it, in whatever process, until the transaction ends: another who
    comes with the same key is refused at once, and who comes afterwards finds the key.
    """

    def __init__(self, statements: KeyStatements, rows: KeyRows[OutcomeT]) -> None:
        self._statements = statements
        self._rows = rows

    def once(self, key: IdempotencyKey, write: Work[OutcomeT], *, dry_run: bool = False) -> Work[OutcomeT]:
        """`write` if the key is new, else what the first write with it left behind."""

        async def work(connection: Connection, seconds: float) -> OutcomeT:
            async with Transaction(connection, seconds, dry_run=dry_run) as transaction:
                if not (await transaction.row(_LOCK, self._lock(key)))[0]:
                    raise IdempotencyKeyInFlight
                found = await self._find(transaction, key)
                return await self._write(transaction, key, write) if found is None else found

        return work

    async def _find(self, transaction: Transaction, key: IdempotencyKey) -> OutcomeT | None:
        place = self._rows.place(key)
        row = await transaction.row(self._statements.find.text, *place)
        if row is None:
            return None
        if self._rows.is_expired(key, row):
            await transaction.row(self._statements.forget.text, *place)
            return None
        return self._rows.replay(key, row)

    async def _write(
        self, transaction: Transaction, key: IdempotencyKey, write: Work[OutcomeT]
    ) -> OutcomeT:
        written = await write(transaction.connection, transaction.seconds_left())
        await transaction.row(self._statements.keep.text, *self._rows.kept(key, written))
        await transaction.row(self._statements.expire.text, *self._rows.expired(key))
        return written

    def _lock(self, key: IdempotencyKey) -> int:
        """The number of the key's lock. Should two keys ever share one, the later is asked to retry.

        That of a key without an owner is the one that releases take which know no owners.
        """
        resource, subject, owner, text = self._rows.place(key)
        place = "\0".join((resource, subject, text, owner) if owner else (resource, subject, text))
        return int.from_bytes(blake2b(place.encode(), digest_size=8).digest(), signed=True)


class RecordKeys(Keys[Written]):
    """The keys of one resource; `insert` keeps a record and its key in one statement."""

    def __init__(self, statements: KeyStatements, rows: KeyRows[Written], insert: KeyedInsert) -> None:
        super().__init__(statements, rows)
        self._insert = insert

    def insert_once(
        self, key: IdempotencyKey, record: Record, row: Row, insert: Work[Written]
    ) -> Work[Written]:
        """`once`, of the `insert` of a record whose row this is: one statement where the key is new."""

        async def work(connection: Connection, seconds: float) -> Written:
            end = monotonic() + seconds
            kept, expired = self._rows.kept(key, Written(record)), self._rows.expired(key)
            parameters = self._insert.parameters(row, kept, self._lock(key), expired)
            if await connection.fetchrow(self._insert.text, *parameters, timeout=seconds) is not None:
                return Written(record)
            return await self.once(key, insert)(connection, max(end - monotonic(), LEAST))

        return work
