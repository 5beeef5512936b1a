"""The limiter that counts in Redis: keeps a connection, and asks over it once for all that wait."""

import asyncio
import random
import ssl
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from estuary.core.errors import LimiterRefused, LimiterUnavailable
from estuary.core.observations import LimiterChanged
from estuary.core.ports import Decision, Observer
from estuary.limits.gathering import Gathering, Waiting, disappoint, share_out
from estuary.limits.redis.address import RedisAddress
from estuary.limits.redis.connection import Answered, Connection, ReplyError
from estuary.limits.redis.script import DIGEST, SCRIPT

ANSWER_SECONDS = 0.25
"""For an answer of Redis: what takes longer is an outage."""
CONNECT_SECONDS = 1.0

_MICROSECONDS = 1_000_000
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
_PROBE_MILLISECONDS = "1000"

_FOR_AN_OPERATOR = (
    *("WRONGPASS", "NOAUTH", "NOPERM", "MOVED", "ERR AUTH", "ERR invalid password", "ERR Client sent AUTH"),
    *("ERR DB index", "ERR invalid DB index", "ERR SELECT", "ERR unknown command"),
)
"""What errors begin with that no waiting mends."""


class RedisRateLimiter:
    """Counts requests by client in the Redis at `address`, under keys that begin with `prefix`.

    The arithmetic is that of `limits/window`; `window` is in seconds. While Redis is away every request is
    `LimiterUnavailable` at once, and a connection is tried for over and over; `observe` learns of both.
    """

    def __init__(
        self, limit: int, window: float, address: RedisAddress, prefix: str, observe: Observer
    ) -> None:
        self.limit = limit
        self.window = window
        self._address = address
        self._store = f"Redis at {address}"
        self._prefix = f"{prefix}limit:"
        self._observe = observe
        self._connection: Connection | None = None
        self._reason = "not connected yet"
        self._keeper: asyncio.Task[None] | None = None
        self._closed = False
        self._gathering = Gathering(self._ask)
        self._terms = _bulk(limit) + _bulk(round(window * _MICROSECONDS))

    async def open(self) -> None:
        """Connect, or begin to try; raises `LimiterRefused` where trying again would not help."""
        try:
            await self._connect()
        except LimiterUnavailable as error:
            self._away(error.reason)

    async def close(self) -> None:
        """Close the connection, or end trying for one."""
        self._closed = True
        if self._keeper is not None:
            self._keeper.cancel()
        if self._connection is not None:
            self._connection.abort("the limiter is closed")

    async def hit(self, client: str) -> Decision:
        """Count a request of `client` if it may pass, and say so; raises `LimiterUnavailable`."""
        if self._connection is None:
            raise LimiterUnavailable(self._reason)
        return await self._gathering.join(client)

    # -- Asking -----------------------------------------------------------------------------------

    def _ask(self, waiting: Waiting) -> None:
        commands: list[bytes] = []
        answered: list[Answered] = []
        for client, futures in waiting.items():
            arguments = _bulk(self._prefix + client) + _bulk(len(futures)) + self._terms
            commands.append(_BY_DIGEST + arguments)
            answered.append(partial(self._answered, arguments, futures))
        self._send(b"".join(commands), answered)

    def _send(self, commands: bytes, answered: Sequence[Answered]) -> None:
        if self._connection is not None and self._connection.send(commands, *answered):
            return
        for each in answered:
            each(LimiterUnavailable(self._reason))

    def _answered(self, arguments: bytes, futures: "list[asyncio.Future[Decision]]", answer: Any) -> None:
        if isinstance(answer, list):
            admitted, remaining, resets_in = answer
            share_out(futures, admitted, remaining, resets_in / _MICROSECONDS)
        elif isinstance(answer, ReplyError) and str(answer).startswith("NOSCRIPT"):
            # Redis was restarted, or told to forget its scripts: the text itself makes it know this one.
            self._send(_BY_TEXT + arguments, [partial(self._answered, arguments, futures)])
        else:
            disappoint(futures, str(answer))
            if self._connection is not None:
                self._connection.abort(str(answer))

    # -- The connection ---------------------------------------------------------------------------

    async def _connect(self) -> None:
        """Have a connection on which everything was tried that counting needs.

        Raises `LimiterUnavailable`; `LimiterRefused` where only an operator can help.
        """
        try:
            connection = await Connection.to(self._address, CONNECT_SECONDS, ANSWER_SECONDS, self._lost)
        except (ssl.SSLError, FileNotFoundError, PermissionError) as error:
            raise LimiterRefused(f"REDIS_URL: {self._address} cannot be used: {error}") from error
        except (OSError, TimeoutError) as error:
            reason = str(error) or f"no connection within {CONNECT_SECONDS:g} s"
            raise LimiterUnavailable(reason) from error
        try:
            await self._greet(connection)
        except ReplyError as error:
            connection.abort(str(error))
            if str(error).startswith(_FOR_AN_OPERATOR):
                raise LimiterRefused(f"REDIS_URL: the Redis at {self._address} says: {error}") from error
            raise LimiterUnavailable(str(error)) from error
        self._connection = connection

    async def _greet(self, connection: Connection) -> None:
        """Say who we are, and try what counting needs; a replica, for one, would refuse to write."""
        address = self._address
        if address.password:
            user = [address.username] if address.username else []
            await connection.ask("AUTH", *user, address.password)
        if address.database:
            await connection.ask("SELECT", str(address.database))
        probe = f"{self._prefix}-"
        await connection.ask("SET", probe, "", "PX", _PROBE_MILLISECONDS)
        await connection.ask("EVAL", SCRIPT, "1", f"{probe}-", "0", "1", "1")

    def _lost(self, reason: str) -> None:
        if self._connection is not None and not self._closed:
            self._connection = None
            self._away(reason)

    def _away(self, reason: str) -> None:
        self._reason = reason
        self._observe(LimiterChanged(self._store, available=False, reason=reason))
        self._keeper = asyncio.get_running_loop().create_task(self._return())

    async def _return(self) -> None:
        """Try for a connection until there is one, ever less often."""
        pause = _FIRST_PAUSE
        while self._connection is None:
            # Not all workers at once, who lost it at once.
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
            pause = min(2 * pause, _LONGEST_PAUSE)
            with suppress(LimiterUnavailable, LimiterRefused):
                await self._connect()
        self._observe(LimiterChanged(self._store, available=True))


def _bulk(value: str | int) -> bytes:
    """`value` as an argument on the wire (the Redis serialization protocol, version 2)."""
    text = str(value).encode()
    return b"$%d\r\n%b\r\n" % (len(text), text)


_ARGUMENTS = 7
_BY_DIGEST = b"*%d\r\n" % _ARGUMENTS + _bulk("EVALSHA") + _bulk(DIGEST) + _bulk(1)
_BY_TEXT = b"*%d\r\n" % _ARGUMENTS + _bulk("EVAL") + _bulk(SCRIPT) + _bulk(1)
