"""Reporter: the only place that tells of requests, when they begin and when they end."""

from collections.abc import Callable
from typing import Final

from estuary.core.measurements import RequestServed
from estuary.core.ports import Clock, Observer
from estuary.http.messages import Request, Response
from estuary.http.trace_context import trace_id_of

_MAX_METHOD: Final = 32
_MAX_PATH: Final = 2048
"""The most characters of each that are reported: a client may send as many as the server reads."""

_CLIENT_GONE: Final = 499


class Reporter:
    """Calls `begun` for each request, and has `observe` know of its end."""

    def __init__(self, clock: Clock, observe: Observer, begun: Callable[[], None]) -> None:
        self._timestamp = clock.timestamp
        self._monotonic = clock.monotonic
        self._observe = observe
        self._begun = begun

    def begin(self, request: Request) -> None:
        """A request is there."""
        request.started = self._monotonic()
        self._begun()

    def end(self, request: Request, response: Response | None) -> None:
        """It was answered; without a response: the client went away."""
        traceparent = request.headers.get("traceparent")
        method, path = request.method, request.path
        self._observe(
            RequestServed(
                self._timestamp(),
                request.request_id,
                None if traceparent is None else trace_id_of(traceparent),
                method if len(method) <= _MAX_METHOD else method[:_MAX_METHOD],
                request.route.template,
                path if len(path) <= _MAX_PATH else path[:_MAX_PATH],
                _CLIENT_GONE if response is None else response.status,
                self._monotonic() - request.started,
                0 if response is None else len(response.body),
                request.client.address,
                request.subject,
            )
        )
