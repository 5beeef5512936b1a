"""A client of Redis whose connection is made again whenever it is lost."""

import ssl
from collections.abc import Awaitable, Callable
from typing import Any

from estuary.reconnecting import Reconnector
from estuary.redis.address import RedisAddress
from estuary.redis.errors import RedisRefused, RedisUnavailable
from estuary.redis.pipelined_connection import Answered, Connection, ReplyError

ANSWER_SECONDS = 0.25
"""For an answer of Redis: what takes longer is an outage."""
CONNECT_SECONDS = 1.0

_FOR_AN_OPERATOR = (
    *("WRONGPASS", "NOAUTH", "MOVED", "ERR AUTH", "ERR invalid password", "ERR Client sent AUTH"),
    *("ERR DB index", "ERR invalid DB index", "ERR SELECT"),
)
"""The prefixes of errors that waiting does not mend."""
_LACKING_RIGHTS = (
    *("NOPERM", "unknown command"),
    # Within a script: before Redis 7.2, and since.
    *("The user executing the script can't", "ACL failure in script"),
)
"""The text of errors about a command that this user, or any user, may not use."""


class RedisClient:
    """Sends commands to the Redis at `address`; a connection counts once `try_out` has succeeded on it.

    Without one every use fails at once. `changed` and `retrying` are called as by a `Reconnector`.
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
        self._rights = rights
        self._connection: Connection | None = None
        self._reconnector = Reconnector(
            self._connect,
            unavailable=RedisUnavailable,
            refused=RedisRefused,
            changed=changed,
            retrying=retrying,
        )

    @property
    def is_up(self) -> bool:
        """Whether there is a connection that commands can be sent on."""
        return self._reconnector.is_up

    @property
    def reason(self) -> str:
        """Why there is no connection."""
        return self._reconnector.reason

    async def open(self) -> None:
        """Connect, or begin to try; raises `RedisRefused` where trying again would not help."""
        await self._reconnector.open()

    async def close(self) -> None:
        """Close the connection, or end trying for one."""
        self._reconnector.close()
        if self._connection is not None:
            self._connection.abort(self.reason)

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
            raise self._error_of(str(error)) from error
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

    def _error_of(self, reply: str) -> RedisUnavailable | RedisRefused:
        """The exception for an error that Redis returned."""
        message = f"REDIS_URL: the Redis at {self._address} says: {reply}"
        if any(part in reply for part in _LACKING_RIGHTS):
            return RedisRefused(f"{message}; {self._rights}")
        return RedisRefused(message) if reply.startswith(_FOR_AN_OPERATOR) else RedisUnavailable(reply)

    def _lost(self, reason: str) -> None:
        self._connection = None
        self._reconnector.lost(reason)
