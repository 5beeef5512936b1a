"""The limiter that counts in Redis: asks over one connection, once for all that wait."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from estuary.core.allowance import Decision
from estuary.core.errors import LimiterRefused, LimiterUnavailable
from estuary.core.observations import LimiterChanged, RetryDue
from estuary.core.ports import Observer
from estuary.limits.batching import Batcher, Hits
from estuary.limits.redis.script import DIGEST, SCRIPT
from estuary.redis.address import RedisAddress
from estuary.redis.errors import RedisRefused
from estuary.redis.pipelined_connection import Answered, Connection, ReplyError
from estuary.redis.redis_client import RedisClient

_MICROSECONDS = 1_000_000
_PROBE_MILLISECONDS = "1000"


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
        self._store = f"Redis at {address}"
        self._prefix = f"{prefix}limit:"
        self._observe = observe
        rights = f"the rate limit needs the rights ~{self._prefix}* +select +eval +evalsha +time +get +set"
        self._redis = RedisClient(
            address, try_out=self._try_out, changed=self._changed, rights=rights, retrying=self._retrying
        )
        self._batcher = Batcher(self._ask)
        self._limit_and_window = _bulk(limit) + _bulk(round(window * _MICROSECONDS))

    async def open(self) -> None:
        """Connect, or begin to try; raises `LimiterRefused` where trying again would not help."""
        try:
            await self._redis.open()
        except RedisRefused as error:
            raise LimiterRefused(str(error)) from error

    async def close(self) -> None:
        """Close the connection, or end trying for one."""
        await self._redis.close()

    async def hit(self, client: str, cost: int = 1) -> Decision:
        """Count `cost` requests of `client` if all of them may pass, else none; or `LimiterUnavailable`."""
        if not self._redis.is_up:
            raise LimiterUnavailable(self._redis.reason)
        return await self._batcher.join(client, cost)

    # -- Asking -----------------------------------------------------------------------------------

    def _ask(self, batch: list[Hits]) -> None:
        commands: list[bytes] = []
        answered: list[Answered] = []
        for hits in batch:
            key, count = _bulk(self._prefix + hits.client), _bulk(len(hits.waiting))
            arguments = key + count + _bulk(hits.cost) + self._limit_and_window
            commands.append(_BY_DIGEST + arguments)
            answered.append(partial(self._answered, arguments, hits))
        self._send(b"".join(commands), answered)

    def _send(self, commands: bytes, answered: Sequence[Answered]) -> None:
        if not self._redis.send(commands, *answered):
            for each in answered:
                each(LimiterUnavailable(self._redis.reason))

    def _answered(self, arguments: bytes, hits: Hits, answer: Any) -> None:
        if isinstance(answer, list):
            admitted, remaining, resets_in = answer
            hits.resolve(admitted, remaining, resets_in / _MICROSECONDS)
        elif isinstance(answer, ReplyError) and str(answer).startswith("NOSCRIPT"):
            # Redis was restarted, or its scripts were flushed: sending the text loads this one.
            self._send(_BY_TEXT + arguments, [partial(self._answered, arguments, hits)])
        else:
            hits.fail(str(answer))
            self._redis.abort(str(answer))

    # -- The connection ---------------------------------------------------------------------------

    async def _try_out(self, connection: Connection) -> None:
        """Try what counting needs; a replica, for one, would refuse to write."""
        probe = f"{self._prefix}-"
        await connection.ask("SET", probe, "", "PX", _PROBE_MILLISECONDS)
        await connection.ask("EVAL", SCRIPT, "1", f"{probe}-", "0", "1", "1", "1")
        await connection.ask("EVALSHA", DIGEST, "1", f"{probe}-", "0", "1", "1", "1")

    def _changed(self, available: bool, reason: str) -> None:
        self._observe(LimiterChanged(self._store, available, reason))

    def _retrying(self, pause: float, reason: str) -> None:
        self._observe(RetryDue(f"the rate limit in {self._store}", pause, reason))


def _bulk(value: str | int) -> bytes:
    """`value` as an argument on the wire (the Redis serialization protocol, version 2)."""
    text = str(value).encode()
    return b"$%d\r\n%b\r\n" % (len(text), text)


_ARGUMENTS = 8
_BY_DIGEST = b"*%d\r\n" % _ARGUMENTS + _bulk("EVALSHA") + _bulk(DIGEST) + _bulk(1)
_BY_TEXT = b"*%d\r\n" % _ARGUMENTS + _bulk("EVAL") + _bulk(SCRIPT) + _bulk(1)
