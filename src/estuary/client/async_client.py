"""The asynchronous client: it carries out the steps of calls, and awaits each, on asyncio."""

import asyncio
from types import TracebackType
from typing import Any, Self, TypeVar, overload

import httpx2

from estuary.client.async_resource import AsyncResource, AsyncRunner
from estuary.client.batches import Collected
from estuary.client.calls import Calls
from estuary.client.exchange import Answer, Attempt, Failure, Outcome, Pause, RetryPolicy, Steps
from estuary.client.records import codec_of
from estuary.client.service import Service, Token
from estuary.client.writes import Options

T = TypeVar("T")


class AsyncClient:
    """A client of the service at `base_url`; use it in an `async with` statement, in any number of tasks.

    `token` is a JWT, or a function called for one at each attempt; `key` an API key. A call has `timeout`
    seconds in all, each attempt `attempt_timeout`, and is retried at most `retries` times. `transport` is
    httpx2's, for a proxy or your own certificates. Raises `ValueError` for arguments that are not allowed.
    """

    def __init__(
        self,
        base_url: str,
        *,
        token: Token | None = None,
        key: str | None = None,
        timeout: float = 30.0,
        attempt_timeout: float = 10.0,
        retries: int = 8,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._service = Service(
            base_url, token, key, timeout=timeout, attempt_timeout=attempt_timeout, retries=retries
        )
        self._http = httpx2.AsyncClient(transport=transport)

    @overload
    def resource(self, name: str) -> "AsyncResource[dict[str, Any]]": ...
    @overload
    def resource(self, name: str, value_type: type[T]) -> "AsyncResource[T]": ...
    def resource(self, name: str, value_type: type[Any] = dict) -> "AsyncResource[Any]":
        """The resource of this name; its values are read as `value_type`, such as its declared Struct."""
        return AsyncResource(self, Calls(name, codec_of(value_type), self._service.retry_policy))

    def batch(self) -> "AsyncBatch":
        """A batch: writes to any resources, in one transaction."""
        return AsyncBatch(self, self._service.retry_policy)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def run(self, steps: Steps[T]) -> T:
        """Carry out the steps of a call; returns its result."""
        outcome: Outcome | None = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as done:
                result: T = done.value
                return result
            outcome = None
            if isinstance(step, Pause):
                await asyncio.sleep(step.seconds)
            else:
                outcome = await self._attempt(step)

    async def _attempt(self, attempt: Attempt) -> Outcome:
        request = attempt.request
        try:
            async with asyncio.timeout(attempt.seconds):
                response = await self._http.request(
                    request.method,
                    self._service.base_url + request.path,
                    headers=self._service.headers(request),
                    content=request.body,
                    timeout=attempt.seconds,
                )
        except (httpx2.RequestError, TimeoutError) as error:
            return Failure(error)
        return Answer(response.status_code, response.headers, response.content)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"AsyncClient({self._service})"


class AsyncBatch(Collected):
    """Writes that are made together: call `send`, or leave an `async with` block without an exception."""

    def __init__(self, client: AsyncRunner, retry_policy: RetryPolicy) -> None:
        super().__init__(retry_policy)
        self._client = client

    async def send(self, *, validate_only: bool = False, idempotency_key: str | None = None) -> None:
        """Make all of them, or raise what refuses one, with its place as `operation`."""
        options = Options(validate_only=validate_only, idempotency_key=idempotency_key)
        await self._client.run(self.steps(options))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            await self.send()
