"""One connection to Redis on which requests do not wait for each other's answers.

redis-py sends a command, waits for its answer and sends the next: 164 µs of processor time each. Here
whatever is asked during one turn of the event loop leaves as one write, and answers are taken as they come.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Self, cast

import hiredis

from estuary.redis.address import RedisAddress
from estuary.redis.errors import RedisUnavailable

Answered = Callable[[Any], None]
"""Takes an answer as hiredis reads it, an error that Redis returned, or `RedisUnavailable`."""

ReplyError = hiredis.ReplyError
"""An error that Redis returned."""


class Connection(asyncio.Protocol):
    """A connection whose every answer comes within `response_timeout` seconds, or it is given up.

    `lost` is called once, with the reason, after all who wait were told.
    """

    def __init__(self, response_timeout: float, lost: Callable[[str], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._response_timeout = response_timeout
        self._lost = lost
        self._reader = hiredis.Reader()
        self._waiting: deque[tuple[float, Answered]] = deque()
        self._watch: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None
        self._reason = "the connection was closed"

    @classmethod
    async def to(
        cls,
        address: RedisAddress,
        connect_timeout: float,
        response_timeout: float,
        lost: Callable[[str], None],
    ) -> Self:
        """A new connection, made within `connect_timeout` seconds; raises `OSError`, `TimeoutError`."""
        loop = asyncio.get_running_loop()
        context = address.context()
        async with asyncio.timeout(connect_timeout):
            if address.path:
                _, connection = await loop.create_unix_connection(
                    lambda: cls(response_timeout, lost), address.path
                )
            else:
                _, connection = await loop.create_connection(
                    lambda: cls(response_timeout, lost), address.host, address.port, ssl=context
                )
        return connection

    def send(self, commands: bytes, *answered: Answered) -> bool:
        """Send encoded commands, if the connection stands: whether it does.

        Each of `answered` is then called with the answer to one of them, in order.
        """
        if self._transport is None:
            return False
        now = self._loop.time()
        self._waiting.extend((now, each) for each in answered)
        if self._watch is None:
            self._watch = self._loop.call_later(self._response_timeout, self._look)
        self._transport.write(commands)
        return True

    async def ask(self, *words: str) -> Any:
        """The answer to one command; raises `RedisUnavailable`, `ReplyError`."""
        future: asyncio.Future[Any] = self._loop.create_future()

        def answered(answer: Any) -> None:
            if not future.done():
                future.set_result(answer)

        if not self.send(hiredis.pack_command(cast("tuple[str]", words)), answered):
            raise RedisUnavailable(self._reason)
        answer = await future
        if isinstance(answer, Exception):
            raise answer
        return answer

    def abort(self, reason: str) -> None:
        """Close the connection at once; every command that waits fails with `reason`."""
        transport, self._transport = self._transport, None
        if transport is not None:
            self._reason = reason
            transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop once the socket is connected."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Called by the event loop: deliver every answer that is complete."""
        reader, waiting = self._reader, self._waiting
        try:
            reader.feed(data)
            while (answer := reader.gets()) is not False:
                _, answered = waiting.popleft()
                answered(answer)
        except (hiredis.HiredisError, IndexError):
            self.abort("what answers there does not speak Redis' protocol")

    def connection_lost(self, error: Exception | None) -> None:
        """Called by the event loop: fail all that wait, and notify the owner of the connection."""
        self._transport = None
        if self._watch is not None:
            self._watch.cancel()
        if error is not None:
            self._reason = f"the connection broke: {error}"
        waiting, self._waiting = self._waiting, deque()
        for _, answered in waiting:
            answered(RedisUnavailable(self._reason))
        self._lost(self._reason)

    def _look(self) -> None:
        """Whether the answer that is due first is late: one timer serves all that wait."""
        self._watch = None
        if not self._waiting:
            return
        due = self._waiting[0][0] + self._response_timeout
        if self._loop.time() >= due:
            self.abort(f"no answer within {self._response_timeout:g} s")
        else:
            self._watch = self._loop.call_at(due, self._look)
