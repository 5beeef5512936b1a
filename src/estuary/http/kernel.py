"""The kernel: a request goes through the guards to its handler, every answer back through one place."""

from collections.abc import Callable, Sequence
from typing import Protocol

from estuary.core.errors import EstuaryError, MethodNotAllowed, NotFound
from estuary.core.observations import RequestFailed, RequestServed
from estuary.core.ports import Clock, Observer
from estuary.http.client_address import Client
from estuary.http.messages import Guard, Header, Request, Response, Route
from estuary.http.trace_context import trace_id_of

_MAX_METHOD, _MAX_PATH = 32, 2048
"""The most characters of each that are reported: a client may send as many as the server reads."""


class Router(Protocol):
    """Finds the route of a path."""

    def find(self, request: Request) -> Route:
        """The route that serves the request's path; sets `record_id` where the route has one."""
        ...


class Renderer(Protocol):
    """Turns errors into answers."""

    def render(self, error: Exception, request: Request) -> Response:
        """The answer that tells a client of `error`."""
        ...


class Application:
    """The pipeline, put together once at start-up.

    `guards` run in order before the handler. `identify` gives each request its id, `locate` finds its
    client; `constant_headers` are on every answer: adapters prepare them once. `in_flight` holds the
    requests under way; `begun` is told of each, as `observe` is of its end. While `draining` is set,
    every answer asks the client to close its connection.
    """

    def __init__(
        self,
        *,
        router: Router,
        guards: Sequence[Guard],
        problems: Renderer,
        identify: Callable[[Request], str],
        locate: Callable[[Request], Client],
        constant_headers: Sequence[Header],
        observe: Observer,
        clock: Clock,
        in_flight: set[Request],
        begun: Callable[[], None],
    ) -> None:
        self._router = router
        self._guards = tuple(guards)
        self._problems = problems
        self._identify = identify
        self._locate = locate
        self.constant_headers = tuple(constant_headers)
        self._observe = observe
        self._now = clock.now
        self._monotonic = clock.monotonic
        self.draining = False
        self.in_flight = in_flight
        self._begun = begun

    async def __call__(self, request: Request) -> Response:
        """Answer `request`; never raises, whatever guards and handlers do."""
        request.started = self._monotonic()
        self.in_flight.add(request)
        self._begun()
        request.request_id = self._identify(request)
        response: Response | None = None
        try:
            request.client = self._locate(request)
            request.route = self._router.find(request)
            response = await self._answer(request)
        except Exception as error:  # noqa: BLE001 - the last line of defence: any defect is a 500, never a hang
            response = self._explain(error, request)
        finally:
            self.in_flight.discard(request)
            self._report(request, response)
        self._complete(request, response)
        return response

    def refuse(self, request: Request, error: EstuaryError) -> Response:
        """Answer what a server could not make a whole request of, told and reported like any other."""
        request.started = self._monotonic()
        self._begun()
        request.request_id = self._identify(request)
        request.client = self._locate(request)
        response = self._explain(error, request)
        self._report(request, response)
        self._complete(request, response)
        return response

    async def _answer(self, request: Request) -> Response:
        for guard in self._guards:
            verdict = guard(request)
            if verdict is None:
                continue
            response = verdict if isinstance(verdict, Response) else await verdict
            if response is not None:
                return response
        route = request.route
        handler = route.handlers.get(request.method)
        if handler is not None:
            return await handler(request)
        if not route.handlers:
            raise NotFound(request.path)
        raise MethodNotAllowed(route.methods)

    def _explain(self, error: Exception, request: Request) -> Response:
        response = self._problems.render(error, request)
        if response.status == 500:
            self._observe(RequestFailed(request.request_id, request.route.template, error))
        return response

    def _complete(self, request: Request, response: Response) -> None:
        """Add the headers that are due to the request: the only place that does."""
        request.reply_lines += f"x-request-id: {request.request_id}\r\n"
        if self.draining:
            response.close = True

    def _report(self, request: Request, response: Response | None) -> None:
        """Tell what happened: the only place that reports requests. No response: the client went away."""
        traceparent = request.headers.get("traceparent")
        self._observe(
            RequestServed(
                self._now(),
                request.request_id,
                None if traceparent is None else trace_id_of(traceparent),
                request.method[:_MAX_METHOD],
                request.route.template,
                request.path[:_MAX_PATH],
                499 if response is None else response.status,
                self._monotonic() - request.started,
                0 if response is None else len(response.body),
                request.client.address,
                request.subject,
            )
        )
