"""The synchronous client: it carries out the steps of calls, and waits for each."""

import os
import time
from types import TracebackType
from typing import Any, Self, TypeVar, overload

import httpx2

from estuary.client.batches import Collected
from estuary.client.calls import Calls
from estuary.client.deadline import TimeLeft, bound, left, within
from estuary.client.exchange import Answer, Attempt, Failure, Outcome, Pause, Request, RetryPolicy, Steps
from estuary.client.records import codec_of
from estuary.client.service import Service, Token
from estuary.client.sync_resource import Resource, Runner
from estuary.client.writes import Options

T = TypeVar("T")


class Client:
    """A client of the service at `base_url`; use it in a `with` statement, in any number of threads.

    `token` is a JWT, or a function called for one at each attempt; `key` an API key. A call has `timeout`
    seconds in all, each attempt `attempt_timeout`, and is retried at most `retries` times. `transport` is
    httpx2's, for a proxy or your own certificates. Raises `ValueError` for arguments that are not allowed.

    A process that is forked has connections of its own, unless `transport` is given.
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
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self._service = Service(
            base_url, token, key, timeout=timeout, attempt_timeout=attempt_timeout, retries=retries
        )
        self._transport = transport
        self._http = httpx2.Client(transport=transport)
        self._process = os.getpid()

    @overload
    def resource(self, name: str) -> "Resource[dict[str, Any]]": ...
    @overload
    def resource(self, name: str, value_type: type[T]) -> "Resource[T]": ...
    def resource(self, name: str, value_type: type[Any] = dict) -> "Resource[Any]":
        """The resource of this name; its values are read as `value_type`, such as its declared Struct."""
        return Resource(self, Calls(name, codec_of(value_type), self._service.retry_policy))

    def batch(self) -> "Batch":
        """A batch: writes to any resources, in one transaction."""
        return Batch(self, self._service.retry_policy)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def run(self, steps: Steps[T]) -> T:
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
                time.sleep(step.seconds)
            else:
                outcome = self._attempt(step)

    def _attempt(self, attempt: Attempt) -> Outcome:
        if self._process != os.getpid():
            # On connections that are shared with another process, one would read the other's answers.
            self._http, self._process = httpx2.Client(transport=self._transport), os.getpid()
        try:
            with within(attempt.seconds):
                return self._answer(attempt.request)
        except (httpx2.RequestError, TimeoutError) as error:
            return Failure(error)

    def _answer(self, request: Request) -> Answer:
        """The answer to the request; raises `TimeoutError` where the attempt is over before it is whole."""
        with self._http.stream(
            request.method,
            self._service.base_url + request.path,
            headers=self._service.headers(request),
            content=request.body,
            extensions={"timeout": TimeLeft(), "trace": bound},
        ) as response:
            body = bytearray()
            for part in response.iter_bytes():
                body += part
                left()  # another transport may know nothing of this limit
            return Answer(response.status_code, response.headers, bytes(body))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client({self._service})"


class Batch(Collected):
    """Writes that are made together: call `send`, or leave a `with` block without an exception."""

    def __init__(self, client: Runner, retry_policy: RetryPolicy) -> None:
        super().__init__(retry_policy)
        self._client = client

    def send(self, *, validate_only: bool = False, idempotency_key: str | None = None) -> None:
        """Make all of them, or raise what refuses one, with its place as `operation`."""
        options = Options(validate_only=validate_only, idempotency_key=idempotency_key)
        self._client.run(self.steps(options))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.send()
