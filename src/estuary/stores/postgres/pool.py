"""Connections in use and at rest: lent to one call at a time, bounded in number and in time."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any, TypeVar

from estuary.core.errors import StoreUnavailable
from estuary.core.observations import ConnectionsChanged
from estuary.core.ports import Observer
from estuary.stores.deadlines import Deadlines
from estuary.stores.postgres.connector import Connector
from estuary.stores.postgres.driver_connection import Connection
from estuary.stores.postgres.errors import (
    CLOSED,
    CROWDED,
    DRIVER_ERRORS,
    READ_ONLY,
    code_of,
    is_lost,
    translate,
)
from estuary.stores.shielding import ShieldedTasks, outcome_of

T = TypeVar("T")
Work = Callable[[Connection, float], Awaitable[T]]
"""Uses a connection, for so many seconds at most."""

MAX_WAITING = 4096
"""Calls that may wait for a connection; past it a caller is refused at once."""
TOO_MANY = "The database is unavailable: too many calls are waiting"
_LEAST = 0.01
"""Seconds that a call has for its query, however long it waited for the connection."""
_CROWD_SHARE = 0.05
"""The share of a call's time for which the server may still count connections that it turned away."""


class Pool:
    """Up to `size` connections, each made when it is first needed; made on the event loop it serves.

    asyncpg's own pool bounds a wait for a connection and a query apart, if at all; it cannot see a query to
    its end whose caller was cancelled, nor count the calls that wait. `timeout` (seconds) bounds each call
    here, its wait for a connection included.
    """

    def __init__(self, connector: Connector, *, size: int, timeout: float, observe: Observer) -> None:
        self._loop = asyncio.get_running_loop()
        self._connector = connector
        self._size = size
        self._timeout = timeout
        self._observe = observe
        self._all: set[Connection] = set()
        self._idle: list[Connection] = []
        self._waiting: deque[asyncio.Future[Connection]] = deque()
        self._deadlines = Deadlines(timeout, _none_free)
        self._connecting: set[asyncio.Task[None]] = set()
        self._crowded = False
        self._emptied = asyncio.Event()
        self._emptied.set()
        self._closed = False
        self._lent = ShieldedTasks()

    async def run(self, work: Work[T]) -> T:
        """The outcome of `work` on its own connection; the driver's errors are translated."""
        seconds = self._timeout
        connection = self._rested()
        if connection is None:
            asked = self._loop.time()
            connection = await self._next()
            seconds = max(seconds - (self._loop.time() - asked), _LEAST)
        # Seen to its end also where its caller leaves: broken off, it would cost the connection, and for
        # clients that hang up as soon as they have asked the pool would make one after the other.
        return await outcome_of(self._lent.begin(self._work(work, connection, seconds)))

    async def _work(self, work: Work[T], connection: Connection, seconds: float) -> T:
        try:
            outcome = await work(connection, seconds)
        except BaseException as error:
            self._take_back(connection, error)
            if isinstance(error, DRIVER_ERRORS):
                raise translate(error) from error
            raise
        self._give(connection)
        return outcome

    async def close(self) -> None:
        """Lend nothing more; return when what was lent is back, after `timeout` at the latest."""
        self._closed = True
        for task in self._connecting:
            task.cancel()
        self._fail(self._waiting, StoreUnavailable(CLOSED))
        for connection in self._idle:
            connection.terminate()
        self._idle.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._timeout):
                await self._emptied.wait()
        for connection in list(self._all):
            connection.terminate()
        self._deadlines.cancel()

    def _rested(self) -> Connection | None:
        """The connection that was used last: those of a quiet service then stay few."""
        if self._closed:
            raise StoreUnavailable(CLOSED)
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        return None

    async def _next(self) -> Connection:
        """The next connection that comes back, or is made."""
        if self._has_waiting() and len(self._waiting) >= MAX_WAITING:
            raise StoreUnavailable(TOO_MANY)
        future: asyncio.Future[Connection] = self._loop.create_future()
        self._waiting.append(future)
        self._deadlines.add(future)
        self._grow()
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and future.exception() is None:
                self._give(future.result())
            raise

    def _grow(self) -> None:
        """Begin to make another connection, where there may be one more."""
        if self._closed or len(self._all) + len(self._connecting) >= self._size:
            return
        if not (self._crowded and self._connecting):
            task = self._loop.create_task(self._connect())
            self._connecting.add(task)
            task.add_done_callback(self._connecting.discard)

    async def _connect(self) -> None:
        waiting, alone = tuple(self._waiting), len(self._connecting) == 1
        try:
            connection = await self._connector.connect()
        except StoreUnavailable as error:
            # While others are open, those who wait will have one of them, if not this one.
            if not self._all:
                await self._refused(error, waiting, alone and len(self._connecting) == 1)
            return
        self._crowded = False
        self._all.add(connection)
        self._emptied.clear()
        connection.add_termination_listener(self._forget)
        self._report()
        self._give(connection)

    async def _refused(
        self, error: StoreUnavailable, waiting: Iterable[asyncio.Future[Connection]], alone: bool
    ) -> None:
        """No connection is open, and none could be made."""
        self._crowded = code_of(error.__cause__ or error) == CROWDED
        if alone or not self._crowded:
            self._fail(waiting, error)
        else:
            # Those that were begun together may have been in each other's way: the last one tries again.
            await asyncio.sleep(self._timeout * _CROWD_SHARE)
        # Who came after this attempt had begun is owed one of its own.
        self._connecting.discard(asyncio.current_task())
        if self._has_waiting():
            self._grow()

    def _give(self, connection: Connection) -> None:
        """Hand the connection to who waits longest, or let it rest."""
        if connection.is_closed():
            return
        if self._closed:
            connection.terminate()
            return
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(connection)
                self._deadlines.forget_settled()
                return
        self._idle.append(connection)

    def _take_back(self, connection: Connection, error: BaseException) -> None:
        """After a failure: keep the connection if its state is known."""
        if not is_lost(error) and not connection.is_in_transaction():
            if code_of(error) == READ_ONLY:
                # The server was demoted: the one to write to is found by connecting again.
                connection.terminate()
                self._drop_idle()
            else:
                self._give(connection)
            return
        connection.terminate()
        if isinstance(error, DRIVER_ERRORS):
            self._drop_idle()

    def _drop_idle(self) -> None:
        """Let go of all that rest: what befell one connection has befallen them too."""
        for connection in self._idle:
            connection.terminate()
        self._idle.clear()

    def _forget(self, connection: Connection) -> None:
        self._all.discard(connection)
        if not self._all:
            self._emptied.set()
        self._report()
        if self._has_waiting():
            self._grow()

    def _fail(self, waiting: Iterable[asyncio.Future[Connection]], error: StoreUnavailable) -> None:
        fail_each(waiting, error)
        self._deadlines.forget_settled()

    def _has_waiting(self) -> bool:
        """Whether a caller waits; drops the oldest entries whose callers no longer do."""
        while self._waiting and self._waiting[0].done():
            self._waiting.popleft()
        return bool(self._waiting)

    def _report(self) -> None:
        self._observe(ConnectionsChanged(len(self._all)))


def fail_each(waiting: Iterable[asyncio.Future[Any]], error: StoreUnavailable) -> None:
    """Tell `error` to all who still wait."""
    for future in waiting:
        if not future.done():
            # Each caller gets its own error: raising adds a traceback to it.
            own = StoreUnavailable(*error.args)
            own.__cause__ = error.__cause__
            future.set_exception(own)


def _none_free() -> StoreUnavailable:
    return StoreUnavailable("The database is unavailable: no connection was free in time")
