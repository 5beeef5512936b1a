"""The kernel: a request goes through the guards to its handler, every answer back through one place."""

from collections.abc import Coroutine, Sequence
from typing import Any, Protocol

from estuary.core.errors import EstuaryError
from estuary.core.observations import RequestFailed
from estuary.core.ports import Observer
from estuary.http.admission import Admission
from estuary.http.messages import Header, Request, Response, Step
from estuary.http.reporter import Reporter
from estuary.http.waiting import conclude


class Renderer(Protocol):
    """Turns errors into answers."""

    def render(self, error: Exception, request: Request) -> Response:
        """The answer that tells a client of `error`."""
        ...


class Application:
    """The pipeline, put together once at start-up.

    `admission` leads a request to its handler, `reporter` tells of its beginning and its end.
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
        in_flight: set[Request],
    ) -> None:
        self._admission = admission
        self._reporter = reporter
        self._problems = problems
        self.observe = observe
        self.constant_headers = tuple(constant_headers)
        self.in_flight = in_flight
        self.draining = False

    def __call__(self, request: Request) -> Response | Coroutine[Any, Any, Response]:
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
            self.finish(request, outcome)
            return outcome
        return conclude(self, request, outcome)

    def advance(self, request: Request) -> Step:
        """Lead `request` on to its answer, or to what has to be waited for before it can be led further."""
        verdict = self._admission.admit(request)
        if verdict is None:
            return self._admission.handler(request)(request)
        return self.explain(verdict, request) if isinstance(verdict, EstuaryError) else verdict

    def explain(self, error: Exception, request: Request) -> Response:
        """The answer that tells of `error`; a defect is told to the operator, too."""
        response = self._problems.render(error, request)
        if response.status == 500:
            self.observe(RequestFailed(request.request_id, request.route.template, error))
        return response

    def finish(self, request: Request, response: Response | None) -> None:
        """Report that `request` is over; without a response: the client waits for none any more."""
        self.in_flight.discard(request)
        self._reporter.end(request, response)
        if response is not None and self.draining:
            response.close = True
