"""The kernel: a request goes through the guards to its handler, every answer back through one place.

In reading order: the router finds the route of a path, admission leads a request past the guards, the
reporter observes its beginning and its end, and the application puts them together.
"""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Final, Protocol

from estuary.core.api_keys.api_key_text import PREFIX, masked
from estuary.core.audit import AccessRefused
from estuary.core.errors import EstuaryError, NotFound
from estuary.core.measurements import RequestServed
from estuary.core.observations import RequestFailed
from estuary.core.ports import Clock, Observer
from estuary.core.record_id import ID_LENGTH, canonical_id
from estuary.http.client_address import ClientAddress
from estuary.http.errors import MethodNotAllowed
from estuary.http.guards.cors import Cors
from estuary.http.guards.request_id import Identifier
from estuary.http.messages import (
    UNKNOWN_ROUTE,
    Guard,
    Header,
    Request,
    Response,
    Route,
    Step,
    Verdict,
)
from estuary.http.trace_context import trace_id_of
from estuary.http.under_way import RequestsUnderWay
from estuary.http.waiting import conclude

RECORD_ID: Final = "{id}"
"""The placeholder of a record's id in a route's template."""

_IN_BETWEEN: Final = f"{RECORD_ID}/"

VALUE: Final = "{value}"
"""The placeholder of a value of a unique field in a route's template."""

FILE: Final = "{file}"
"""The placeholder of the name of a page's file in a route's template."""

_MAX_METHOD: Final = 32
_MAX_PATH: Final = 2048
"""The most characters of each that are reported: a client may send as many as the server reads."""

_CLIENT_GONE: Final = 499


class PathRouter:
    """Finds a path's route with one or two dictionary look-ups, whatever the size of the table."""

    def __init__(self, routes: Sequence[Route]) -> None:
        named = (RECORD_ID, VALUE, FILE)
        self._exact = {route.place: route for route in routes if "{" not in route.place}
        self._by_prefix = {
            route.place.removesuffix(RECORD_ID).removesuffix(VALUE).removesuffix(FILE): route
            for route in routes
            if route.place.endswith(named)
        }
        self._below = {
            tuple(route.place.split(RECORD_ID)): route for route in routes if _IN_BETWEEN in route.place
        }

    def find(self, request: Request) -> Route:
        """The route that the request's path matches, or `UNKNOWN_ROUTE`."""
        path = request.path
        route = self._exact.get(path)
        if route is not None:
            return route
        # Nearly every id has this length, so that the slash in front of it need not be looked for.
        start = len(path) - ID_LENGTH
        route = self._by_prefix.get(path[:start]) if start > 0 else None
        if route is None or "/" in path[start:]:
            start = path.rfind("/") + 1
            route = self._by_prefix.get(path[:start])
            if route is None or start == len(path):
                return self._find_below(request)
        request.record_id = canonical_id(path[start:])
        return route

    def _find_below(self, request: Request) -> Route:
        """The route of something that belongs to a record, which is named behind its id."""
        path, end = request.path, request.path.rfind("/")
        start = path.rfind("/", 0, max(end, 0)) + 1
        route = self._below.get((path[:start], path[end:])) if start < end else None
        if route is None:
            return UNKNOWN_ROUTE
        request.record_id = path[start:end]
        return route


class Admission:
    """Leads requests past the `guards`, in their order, to the handlers that `router` finds.

    Those that were refused before pass the `doors` only. `identifier` gives each request its id,
    `addresses` find its client, `cors` says what its answer lets a browser's page see, whatever that is.
    """

    def __init__(
        self,
        *,
        router: PathRouter,
        guards: Sequence[Guard],
        doors: Sequence[Guard],
        identifier: Identifier,
        addresses: ClientAddress,
        cors: Cors | None,
    ) -> None:
        self._router = router
        self._guards = tuple(guards)
        self._doors = tuple(doors)
        self._identifier = identifier
        self._addresses = addresses
        self._cors = cors

    def identify(self, request: Request) -> None:
        """Find out who asks, and what for; the id is in every answer."""
        request.request_id = self._identifier.id_of(request)
        grant = "" if self._cors is None else self._cors.grant(request)
        request.reply_lines = f"x-request-id: {request.request_id}\r\n{grant}"
        request.client = self._addresses.of(request)
        request.route = self._router.find(request)

    def admit(self, request: Request) -> Verdict | Awaitable[Verdict]:
        """What the guards decide: None to let it pass, an answer, or what to wait for.

        After that call again: the guards behind the one that made it wait decide. Behind all of them stands
        the request's own `refusal`, if it has one. Raises what they raise.
        """
        guards = self._guards if request.refusal is None else self._doors
        for place in range(request.passed, len(guards)):
            verdict = guards[place].check(request)
            if verdict is not None:
                request.passed = place + 1
                return verdict
        return request.refusal


class Reporter:
    """Has `observe` know of each request's end.

    `waiting` is called with each change of the number of requests that have to be waited for. What is
    answered at once is not counted: to count it up and down takes a hundredth of a small read.
    """

    def __init__(self, clock: Clock, observe: Observer, waiting: Callable[[int], None]) -> None:
        self._timestamp = clock.timestamp
        self._monotonic = clock.monotonic
        self._observe = observe
        self.waiting = waiting

    def begin(self, request: Request) -> None:
        """A request is there."""
        request.started = self._monotonic()

    def end(self, request: Request, response: Response | None) -> None:
        """It was answered; without a response: the client went away."""
        traceparent = request.headers.get("traceparent")
        method, path = request.method, request.path
        if PREFIX in path:
            path = masked(path)
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


class Renderer(Protocol):
    """Turns errors into answers."""

    def render(self, error: Exception, request: Request) -> Response:
        """The answer for `error`."""
        ...


class Application:
    """The pipeline, put together once at start-up.

    `admission` leads a request to its handler, `reporter` observes its beginning and its end.
    `observe` takes what happens. `constant_headers` are on every answer: adapters prepare them once.
    `in_flight` holds the requests under way. While `draining` is set, every answer asks the client to close
    its connection.
    """

    def __init__(
        self,
        *,
        admission: Admission,
        reporter: Reporter,
        problems: Renderer,
        constant_headers: Sequence[Header],
        observe: Observer,
        in_flight: RequestsUnderWay,
    ) -> None:
        self._admission = admission
        self._reporter = reporter
        self._problems = problems
        self.observe = observe
        self.constant_headers = tuple(constant_headers)
        self.in_flight = in_flight
        self.draining = False

    def answer(self, request: Request) -> Response | Coroutine[Any, Any, Response]:
        """Answer `request`, at once where nothing has to be waited for; one with a `refusal` with that.

        Neither raises, whatever guards and handlers do; the coroutine has to be begun.
        """
        self._reporter.begin(request)
        self.in_flight.add(request)
        outcome: Step
        try:
            self._admission.identify(request)
            outcome = self.advance(request)
        except Exception as error:  # noqa: BLE001 - the last line of defence: any defect is a 500, never a hang
            outcome = self.explain(error, request)
        if isinstance(outcome, Response):
            self._end(request, outcome)
            return outcome
        self._reporter.waiting(1)
        return conclude(self, request, outcome)

    def advance(self, request: Request) -> Step:
        """Lead `request` on to its answer, or to what has to be waited for before it can be led further."""
        verdict = self._admission.admit(request)
        if verdict is None:
            handler = request.route.handlers.get(request.method)
            if handler is not None:
                return handler(request)
            verdict = _no_handler(request)
        return self.explain(verdict, request) if isinstance(verdict, EstuaryError) else verdict

    def explain(self, error: Exception, request: Request) -> Response:
        """The answer for `error`; a defect is reported to the operator, too."""
        response = self._problems.render(error, request)
        if response.status == 500:
            self.observe(RequestFailed(request.request_id, request.route.template, error))
        elif response.status == 403:
            self.observe(
                AccessRefused(
                    request.request_id,
                    request.method,
                    request.route.template,
                    request.subject,
                    request.client.address,
                )
            )
        return response

    def finish(self, request: Request, response: Response | None) -> None:
        """Report that `request`, which had to be waited for, is over.

        Without a response: the client has disconnected.
        """
        self._reporter.waiting(-1)
        self._end(request, response)

    def _end(self, request: Request, response: Response | None) -> None:
        self.in_flight.remove(request)
        self._reporter.end(request, response)
        if response is not None and self.draining:
            response.close = True


def _no_handler(request: Request) -> EstuaryError:
    """Why no handler answers the request."""
    route = request.route
    return MethodNotAllowed(route.methods) if route.handlers else NotFound(request.path)
