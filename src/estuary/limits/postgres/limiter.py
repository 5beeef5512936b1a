"""The limiter that counts in PostgreSQL: one statement at a time, for all that have come meanwhile."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # it ships no types

from estuary.core.allowance import Decision
from estuary.core.errors import LimiterRefused, LimiterUnavailable
from estuary.core.observations import LimiterChanged, RetryDue
from estuary.core.ports import Observer
from estuary.limits.batching import Batcher, Hits
from estuary.limits.postgres.backlog import Backlog
from estuary.limits.postgres.counting_statements import (
    COUNT,
    CREATE,
    CREATE_ONCE,
    EXISTS,
    FORGET,
    TABLE,
    USER,
)
from estuary.reconnecting import Reconnector

ANSWER_SECONDS = 1.0
"""For an answer, another one's lock on the same client included: what takes longer is an outage."""
CONNECT_SECONDS = 2.0

_STORE = "PostgreSQL"
_CLOSED = "the limiter is closed"
_MOST_CLIENTS = 256
"""Clients in one statement: more would hold their locks for too long."""
SWEEP_SECONDS = 15.0
"""How often at least what counts no more is forgotten."""

_FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)
_FOR_AN_OPERATOR = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InsufficientPrivilegeError,
)
"""The errors that waiting does not mend; a wrong password is the first."""


class PostgresRateLimiter:
    """Counts requests by client in the PostgreSQL at `url`, over its own connection.

    The arithmetic is that of `limits/window`; `window` is in seconds. While the server is away every
    request is `LimiterUnavailable` at once, and a connection is tried for over and over; `observe` learns
    of both.
    """

    def __init__(self, limit: int, window: float, url: str, observe: Observer) -> None:
        self.limit = limit
        self.window = window
        self._url = url
        self._observe = observe
        self._reconnector = Reconnector(
            self._connect,
            unavailable=LimiterUnavailable,
            refused=LimiterRefused,
            changed=self._changed,
            retrying=self._retrying,
        )
        self._connection: Any = None
        self._fetch: Callable[..., Awaitable[Any]]
        self._batcher = Batcher(self._take)
        self._backlog = Backlog()
        self._counting: asyncio.Task[None] | None = None
        self._sweeping: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Connect, or begin to try; raises `LimiterRefused` where trying again would not help."""
        await self._reconnector.open()
        self._sweeping = asyncio.get_running_loop().create_task(self._sweep())

    async def close(self) -> None:
        """Close the connection, or end trying for one."""
        self._reconnector.close()
        for task in (self._sweeping, self._counting):
            if task is not None:
                task.cancel()
        if self._connection is not None:
            self._connection.terminate()
        self._backlog.fail(_CLOSED)

    async def hit(self, client: str, cost: int = 1) -> Decision:
        """Count `cost` requests of `client` if all of them may pass, else none; or `LimiterUnavailable`."""
        if not self._reconnector.is_up:
            raise LimiterUnavailable(self._reconnector.reason)
        # The server takes no NUL in a text.
        return await self._batcher.join(client.replace("\0", "\\0"), cost)

    def _take(self, batch: list[Hits]) -> None:
        self._backlog.add(batch)
        if self._counting is None:
            self._counting = asyncio.get_running_loop().create_task(self._count())

    async def _count(self) -> None:
        """Ask about those who wait, and then about those who have come meanwhile."""
        try:
            while self._backlog:
                await self._ask(self._backlog.take(_MOST_CLIENTS))
        finally:
            self._counting = None

    async def _ask(self, batch: list[Hits]) -> None:
        clients = {hits.client: hits for hits in batch}
        counts, costs = [len(hits.waiting) for hits in batch], [hits.cost for hits in batch]
        try:
            rows = await self._fetch(
                list(clients), counts, costs, self.limit, float(self.window), timeout=ANSWER_SECONDS
            )
        except asyncio.CancelledError:
            _fail_each(batch, _CLOSED)
            raise
        except Exception as error:  # noqa: BLE001 - whatever the driver raises, no caller is left waiting
            self._fail(batch, _reason(error))
            return
        for client, admitted, remaining, resets_in in rows:
            clients[client].resolve(admitted, remaining, resets_in)

    def _fail(self, batch: list[Hits], reason: str) -> None:
        self._connection.terminate()
        self._reconnector.lost(reason)
        _fail_each(batch, reason)
        self._backlog.fail(reason)

    async def _connect(self) -> None:
        """Have a connection on which everything was tried that counting needs."""
        try:
            connection = await asyncpg.connect(
                self._url, timeout=CONNECT_SECONDS, statement_cache_size=0, command_timeout=CONNECT_SECONDS
            )
        except _FOR_AN_OPERATOR as error:
            raise LimiterRefused(f"RATE_LIMIT_STORE is postgres: {error}") from error
        except _FAILURES as error:
            raise LimiterUnavailable(_reason(error)) from error
        try:
            self._fetch = await self._prepare(connection)
        except LimiterRefused:
            connection.terminate()
            raise
        except _FAILURES as error:
            connection.terminate()
            raise LimiterUnavailable(_reason(error)) from error
        self._connection = connection

    async def _prepare(self, connection: Any) -> Callable[..., Awaitable[Any]]:
        """Make the table, unless it is there, and count once: a standby, for one, would refuse to.

        Gives what runs `COUNT`. Behind a pooler, which is known by the process number that it made up, the
        next statement may go to another session, and nothing is prepared.
        """
        try:
            # Looked for first: a user who may create nothing gets an error even where it exists.
            if not await connection.fetchval(EXISTS):
                await connection.execute(CREATE_ONCE)
            fetch: Callable[..., Awaitable[Any]] = partial(connection.fetch, COUNT)
            if await connection.fetchval("SELECT pg_backend_pid()") == connection.get_server_pid():
                fetch = (await connection.prepare(COUNT)).fetch
            await fetch(["-"], [1], [1], 1, 0.001)
        except asyncpg.InsufficientPrivilegeError as error:
            raise LimiterRefused(
                f"RATE_LIMIT_STORE is postgres: {error}; let the user of DATABASE_URL create tables, or "
                f"create this one yourself: {' '.join(CREATE.split())}; "
                f"GRANT SELECT, INSERT, UPDATE, DELETE ON {TABLE} TO {await connection.fetchval(USER)}"
            ) from error
        return fetch

    async def _sweep(self) -> None:
        """Forget clients of whom nothing counts any more, so that a flood of addresses leaves nothing."""
        while True:
            # Not all workers at once.
            await asyncio.sleep(max(SWEEP_SECONDS, self.window) * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
            if self._reconnector.is_up and self._counting is None:
                self._counting = asyncio.get_running_loop().create_task(self._forget())

    async def _forget(self) -> None:
        """A statement like any other: the connection takes one at a time."""
        try:
            await self._connection.execute(FORGET, float(self.window), timeout=CONNECT_SECONDS)
        except _FAILURES as error:
            self._fail([], _reason(error))
        finally:
            self._counting = None
        if self._backlog:
            self._take([])

    def _changed(self, available: bool, reason: str) -> None:
        self._observe(LimiterChanged(_STORE, available, reason))

    def _retrying(self, pause: float, reason: str) -> None:
        self._observe(RetryDue(f"the rate limit in {_STORE}", pause, reason))


def _fail_each(batch: list[Hits], reason: str) -> None:
    for hits in batch:
        hits.fail(reason)


def _reason(error: BaseException) -> str:
    return str(error) or f"no answer within {ANSWER_SECONDS:g} s"
