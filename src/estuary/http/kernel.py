"""The kernel: a request goes through the guards to its handler, every answer back through one place."""

from collections.abc import Sequence
from typing import Protocol

from estuary.core.errors import EstuaryError
from estuary.core.observations import RequestFailed
from estuary.core.ports import Observer
from estuary.http.admission import Admission
from estuary.http.messages import Header, Request, Response
from estuary.http.reporter import Reporter


class Renderer(Protocol):
    """Turns errors into answers."""

    def render(self, error: Exception, request: Request) -> Response:
        """The answer that tells a client of `error`."""
        ...


class Application:
    """The pipeline, put together once at start-up.

    `admission` leads a request to its handler, `reporter` tells of its beginning and its end. What can
    be done without waiting is theirs; here is what waits. `constant_headers` are on every answer: adapters
    prepare them once. `in_flight` holds the requests under way. While `draining` is set, every answer asks
    the client to close its connection.
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
        self._admit = admission.admit
        self._identify = admission.identify
        self._handler = admission.handler
        self._begin = reporter.begin
        self._end = reporter.end
        self._problems = problems
        self._observe = observe
        self.constant_headers = tuple(constant_headers)
        self.in_flight = in_flight
        self.draining = False

    async def __call__(self, request: Request) -> Response:
        """Answer `request`; never raises, whatever guards and handlers do."""
        self._begin(request)
        self.in_flight.add(request)
        response: Response | None = None
        try:
            self._identify(request)
            verdict = self._admit(request)
            while verdict is not None and not isinstance(verdict, Response):
                verdict = await verdict or self._admit(request)
            response = verdict or await self._handler(request)(request)
        except Exception as error:  # noqa: BLE001 - the last line of defence: any defect is a 500, never a hang
            response = self._explain(error, request)
        finally:
            self.in_flight.discard(request)
            self._end(request, response)
        if self.draining:
            response.close = True
        return response

    def refuse(self, request: Request, error: EstuaryError) -> Response:
        """Answer what a server could not make a whole request of, told and reported like any other."""
        self._begin(request)
        self._identify(request)
        response = self._explain(error, request)
        self._end(request, response)
        return response

    def _explain(self, error: Exception, request: Request) -> Response:
        response = self._problems.render(error, request)
        if response.status == 500:
            self._observe(RequestFailed(request.request_id, request.route.template, error))
        return response
