"""Calls of functions inside Convex: each ends before its deadline, and is sent again where that may help.

Every write carries a random name of its own, its request. Convex keeps it for some minutes with what the
write did (see `convex/once.ts`): a write whose answer was lost is sent again, and still takes effect once.
"""

import asyncio
import math
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from estuary.core.errors import StoreQueryFailed, StoreUnavailable
from estuary.core.observations import ConnectionsChanged, RetryDue
from estuary.core.ports import Observer
from estuary.stores.convex.backoff import ATTEMPTS, pause, seconds_of
from estuary.stores.convex.errors import (
    CLOSED,
    FUNCTION_FAILED,
    AnswerTooLong,
    Unreachable,
    Untrusted,
    is_dry_run,
    is_transient,
    of_foreign_answer,
    of_function,
    of_status,
    refused,
    unavailable,
)
from estuary.stores.convex.transport import MAX_CONNECTIONS, Answer, Transport


class _Envelope(msgspec.Struct, rename="camel"):
    status: str
    value: msgspec.Raw = msgspec.Raw(b"null")
    error_message: str = ""
    error_data: Any = None


_envelope = msgspec.json.Decoder(_Envelope)


class Functions:
    """The functions of the deployment at `origin`; every call ends within `timeout` seconds.

    `observe` is called with the number of connections in use.
    """

    def __init__(
        self,
        origin: str,
        deploy_key: str | None,
        *,
        timeout: float,
        observe: Observer = lambda _: None,
    ) -> None:
        self._transport = Transport(origin, deploy_key)
        # Without a deploy key only what was opened to the public can be called.
        self._module = "records" if deploy_key is not None else "public"
        self._timeout = timeout
        self._closing = False
        self._observe = observe
        self._under_way = 0
        self._idle = asyncio.Event()

    def open(self) -> None:
        """Accept calls."""
        self._closing = False
        self._transport.open()

    async def close(self) -> None:
        """Refuse calls; return when those under way have ended."""
        self._closing = True
        while self._under_way:
            self._idle.clear()
            await self._idle.wait()
        await self._transport.close()

    async def ping(self) -> None:
        """Return if the deployment answers; calls no function."""
        answer = await self._answer("GET", "/version", None, self._timeout)
        if answer.status != 200:
            raise of_status(answer.status)

    async def query(self, name: str, arguments: Mapping[str, Any], about: str = "") -> msgspec.Raw:
        """What a query gives; `about` names what it asks for. Raises the error that the function names."""
        return await self._call("query", name, arguments, about, self._timeout)

    async def mutate(
        self, name: str, arguments: Mapping[str, Any], about: str = "", seconds: float | None = None
    ) -> msgspec.Raw:
        """The result of a mutation, once it is durable; it takes effect once however often it is sent.

        That of a dry run gives what it would have given, and nothing of it is kept.
        """
        named = {**arguments, "request": os.urandom(16).hex()}
        return await self._call("mutation", name, named, about, seconds or self._timeout)

    async def _call(
        self, kind: str, name: str, arguments: Mapping[str, Any], about: str, seconds: float
    ) -> msgspec.Raw:
        body = msgspec.json.encode({"path": f"{self._module}:{name}", "args": arguments, "format": "json"})
        answer = await self._answer("POST", f"/api/{kind}", body, seconds)
        if answer.status not in (200, FUNCTION_FAILED):
            raise of_status(answer.status)
        try:
            envelope = _envelope.decode(answer.body)
        except msgspec.MsgspecError as error:
            raise of_foreign_answer() from error
        if envelope.status == "error":
            if is_dry_run(envelope.error_data):
                return msgspec.Raw(msgspec.json.encode(envelope.error_data["answer"]))
            raise of_function(envelope.error_message, envelope.error_data, about)
        if envelope.status != "success":
            raise of_foreign_answer()
        return envelope.value

    async def _answer(self, method: str, path: str, body: bytes | None, seconds: float) -> Answer:
        if self._closing or not self._transport.is_open:
            raise StoreUnavailable(CLOSED)
        self._count(1)
        try:
            async with asyncio.timeout(seconds) as deadline:
                return await self._with_retries(method, path, body, deadline)
        except TimeoutError as error:
            raise unavailable("it did not answer in time") from error
        except AnswerTooLong as error:
            raise StoreQueryFailed(f"Convex gave an answer of more than {error.limit} bytes") from error
        finally:
            self._count(-1)

    def _count(self, more: int) -> None:
        """Note that a call began or ended; each has a connection to itself, as far as there are any."""
        self._under_way += more
        self._observe(ConnectionsChanged(min(self._under_way, MAX_CONNECTIONS)))
        if not self._under_way:
            self._idle.set()

    async def _with_retries(
        self, method: str, path: str, body: bytes | None, deadline: asyncio.Timeout
    ) -> Answer:
        """The first answer that another attempt would not better, or that there is no time to better."""
        now = asyncio.get_running_loop().time
        outcome = await self._attempt(method, path, body)
        for attempt in range(1, ATTEMPTS):
            if isinstance(outcome, Answer) and not is_transient(outcome.status):
                return outcome
            if isinstance(outcome, Untrusted):
                raise refused(str(outcome)) from outcome
            wait = pause(attempt, _asked_for(outcome))
            if now() + wait >= (deadline.when() or math.inf):
                break
            reason = str(outcome) if isinstance(outcome, Unreachable) else f"status {outcome.status}"
            self._observe(RetryDue(f"{method} {path} of Convex", wait, reason))
            await asyncio.sleep(wait)
            outcome = await self._attempt(method, path, body)
        if isinstance(outcome, Unreachable):
            raise unavailable(str(outcome)) from outcome
        return outcome

    async def _attempt(self, method: str, path: str, body: bytes | None) -> Answer | Unreachable:
        try:
            return await self._transport.request(method, path, body)
        except Unreachable as error:
            return error


def _asked_for(outcome: Answer | Unreachable) -> float | None:
    """Seconds that the server asked its callers to stay away."""
    return seconds_of(outcome.retry_after, datetime.now(UTC)) if isinstance(outcome, Answer) else None
