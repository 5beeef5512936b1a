"""A link: a connection to Redis that is made again, over and over, whenever it is lost."""

import asyncio
import random
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

from estuary.redis.address import RedisAddress
from estuary.redis.connection import Answered, Connection, ReplyError
from estuary.redis.errors import RedisRefused, RedisUnavailable

ANSWER_SECONDS = 0.25
"""For an answer of Redis: what takes longer is an outage."""
CONNECT_SECONDS = 1.0

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0

_FOR_AN_OPERATOR = (
    *("WRONGPASS", "NOAUTH", "MOVED", "ERR AUTH", "ERR invalid password", "ERR Client sent AUTH"),
    *("ERR DB index", "ERR invalid DB index", "ERR SELECT"),
)
"""What errors begin with that no waiting mends."""
_LACKING_RIGHTS = (
    *("NOPERM", "unknown command"),
    # Within a script: before Redis 7.2, and since.
    *("The user executing the script can't", "ACL failure in script"),
)
"""What stands in errors about a command that this user may not use, or no user may."""


class Link:
    """The Redis at `address`; a connection counts once `try_out` has succeeded on it.

    `changed` is told whether there is one now, or why not; while there is none every use fails at once.
    `retrying` is told before each attempt to have one again: the seconds until then, and why there is none.
    `rights` says what for, and which rights a user of Redis has to have (https://redis.io/docs: ACL).
    """

    def __init__(
        self,
        address: RedisAddress,
        *,
        try_out: Callable[[Connection], Awaitable[None]],
        changed: Callable[[bool, str], None],
        rights: str,
        retrying: Callable[[float, str], None] = lambda _pause, _reason: None,
    ) -> None:
        self._address = address
        self._try_out = try_out
        self._changed = changed
        self._retrying = retrying
        self._rights = rights
        self._connection: Connection | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._closed = False
        self.reason = "not connected yet"
        """Why there is no connection."""

    @property
    def is_up(self) -> bool:
        """Whether there is a connection that commands can be sent on."""
        return self._connection is not None

    async def open(self) -> None:
        """Connect, or begin to try; raises `RedisRefused` where trying again would not help."""
        try:
            await self._connect()
        except RedisUnavailable as error:
            self._away(error.reason)

    async def close(self) -> None:
        """Close the connection, or end trying for one."""
        self._closed = True
        if self._keeper is not None:
            self._keeper.cancel()
        if self._connection is not None:
            self._connection.abort("it was closed")

    def send(self, commands: bytes, *answered: Answered) -> bool:
        """Send encoded commands, if there is a connection: whether there is (see `Connection.send`)."""
        return self._connection is not None and self._connection.send(commands, *answered)

    async def ask(self, *words: str) -> Any:
        """The answer to one command; raises `RedisUnavailable`, also for an error that Redis returns."""
        connection = self._connection
        if connection is None:
            raise RedisUnavailable(self.reason)
        try:
            return await connection.ask(*words)
        except ReplyError as error:
            # What it was tried out for does not work any more: it has to be tried out again.
            connection.abort(str(error))
            raise RedisUnavailable(str(error)) from error

    def abort(self, reason: str) -> None:
        """Give the connection up, to try for a better one."""
        if self._connection is not None:
            self._connection.abort(reason)

    async def _connect(self) -> None:
        """Have a connection; raises `RedisUnavailable`, `RedisRefused` where only an operator can help."""
        try:
            connection = await Connection.to(self._address, CONNECT_SECONDS, ANSWER_SECONDS, self._lost)
        except (ssl.SSLError, FileNotFoundError, PermissionError) as error:
            raise RedisRefused(f"REDIS_URL: {self._address} cannot be used: {error}") from error
        except (OSError, TimeoutError) as error:
            reason = str(error) or f"no connection within {CONNECT_SECONDS:g} s"
            raise RedisUnavailable(reason) from error
        try:
            await self._greet(connection)
        except ReplyError as error:
            connection.abort(str(error))
            raise self._understood(str(error)) from error
        self._connection = connection

    async def _greet(self, connection: Connection) -> None:
        """Say who we are, and try what is needed."""
        address = self._address
        if address.password:
            user = [address.username] if address.username else []
            await connection.ask("AUTH", *user, address.password)
        if address.database:
            await connection.ask("SELECT", str(address.database))
        await self._try_out(connection)

    def _understood(self, said: str) -> RedisUnavailable | RedisRefused:
        """What an error that Redis returned comes to."""
        told = f"REDIS_URL: the Redis at {self._address} says: {said}"
        if any(part in said for part in _LACKING_RIGHTS):
            return RedisRefused(f"{told}; {self._rights}")
        return RedisRefused(told) if said.startswith(_FOR_AN_OPERATOR) else RedisUnavailable(said)

    def _lost(self, reason: str) -> None:
        if self._connection is not None and not self._closed:
            self._connection = None
            self._away(reason)

    def _away(self, reason: str) -> None:
        self.reason = reason
        self._changed(False, reason)
        self._keeper = asyncio.get_running_loop().create_task(self._return())

    def _tell(self, reason: str) -> None:
        """Say, once, that what is there now has to be mended by an operator."""
        if reason != self.reason:
            self.reason = reason
            self._changed(False, reason)

    async def _return(self) -> None:
        """Try for a connection until there is one, ever less often."""
        pause = _FIRST_PAUSE
        while self._connection is None:
            self._retrying(pause, self.reason)
            # Not all workers at once, who lost it at once.
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
            pause = min(2 * pause, _LONGEST_PAUSE)
            try:
                await self._connect()
            except RedisUnavailable:
                continue
            except RedisRefused as error:
                self._tell(str(error))
        self._changed(True, "")
