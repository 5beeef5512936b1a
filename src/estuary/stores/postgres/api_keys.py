"""API keys in a table: writers take turns, so that versions are committed in their order."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import TypeVar

from msgspec.structs import replace

from estuary.core.api_keys.api_keys import ApiKey, KeyChanges, demand_version
from estuary.core.moments import to_microseconds
from estuary.stores.postgres.driver_connection import Connection
from estuary.stores.postgres.pool import Pool
from estuary.stores.postgres.transaction import Transaction
from estuary.stores.sql.api_keys import ApiKeyStatements, bound, key_of, row_of

T = TypeVar("T")

_TURN = "SELECT pg_advisory_xact_lock(4995985430163481939)"
"""A number of its own ("ESTUKEYS"): held to the end of the transaction, in whatever process that is."""


class PostgresApiKeys:
    """Implements `ApiKeys` with `statements` on a table, over the connections of `pool`."""

    def __init__(self, pool: Callable[[], Pool], statements: ApiKeyStatements) -> None:
        self._pool = pool
        self._statements = statements

    async def changes(self, since: int = 0) -> KeyChanges:
        """The keys that changed since then."""
        statements = self._statements

        async def read(connection: Connection, seconds: float) -> KeyChanges:
            # What is committed between the two has a higher version, and is read the next time.
            following = await connection.fetchval(statements.next_version.text, timeout=seconds)
            rows = await connection.fetch(statements.changed.text, since, timeout=seconds)
            return KeyChanges(following - 1, [key_of(tuple(row)) for row in rows])

        return await self._pool().run(read)

    async def put(self, key: ApiKey) -> ApiKey:
        """Keep a key, if it is the version that is kept."""
        statements = self._statements

        async def write(transaction: Transaction, version: int) -> ApiKey:
            found = await transaction.row(statements.version.text, key.id)
            demand_version(key, None if found is None else found[0])
            statement = statements.replace if key.version else statements.insert
            await transaction.row(statement.text, *bound(statement, row_of(key, version)))
            return replace(key, version=version)

        return await self._in_turn(write)

    async def revoke_all(self, now: datetime) -> int:
        """Revoke every key."""
        statement = self._statements.revoke_all

        async def write(transaction: Transaction, version: int) -> int:
            values = bound(statement, {"_now": to_microseconds(now), "_version": version})
            status = await transaction.connection.execute(
                statement.text, *values, timeout=transaction.seconds_left()
            )
            # "UPDATE 7"
            return int(status.rpartition(" ")[2])

        return await self._in_turn(write)

    async def note_uses(self, uses: Mapping[str, datetime]) -> None:
        """Keep later uses."""
        statement = self._statements.note_use

        async def write(connection: Connection, seconds: float) -> None:
            async with Transaction(connection, seconds) as transaction:
                # In one order, so that two workers never wait for each other.
                for key_id in sorted(uses):
                    values = {"_id": key_id, "_used_at": to_microseconds(uses[key_id])}
                    await transaction.row(statement.text, *bound(statement, values))

        await self._pool().run(write)

    async def forget(self, ended_before: datetime) -> None:
        """Remove what ended before then."""

        async def write(transaction: Transaction, _: int) -> None:
            await transaction.row(self._statements.forget.text, to_microseconds(ended_before))

        await self._in_turn(write)

    async def _in_turn(self, write: Callable[[Transaction, int], Awaitable[T]]) -> T:
        """The outcome of `write` with the version that is due, while no other process is at one."""

        async def work(connection: Connection, seconds: float) -> T:
            async with Transaction(connection, seconds) as transaction:
                await transaction.row(_TURN)
                (version,) = await transaction.row(self._statements.next_version.text)
                return await write(transaction, version)

        return await self._pool().run(work)
