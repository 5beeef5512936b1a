"""A kernel made of its own parts around one handler: for what no handler of the service does."""

import time
from collections.abc import Callable, Sequence

import httpx

from estuary.core.observations import Observation
from estuary.http.asgi import AsgiAdapter
from estuary.http.client_address import ClientAddress
from estuary.http.guards.request_id import Identifier
from estuary.http.guards.security_headers import security_headers
from estuary.http.kernel import Admission, Application, PathRouter, Reporter
from estuary.http.messages import Guard, Handler, Route
from estuary.http.problems import Problems
from estuary.http.under_way import RequestsUnderWay
from estuary.telemetry.clock import SystemClock


def client_of_handler(
    handler: Handler,
    *,
    guards: Sequence[Guard] = (),
    observe: Callable[[Observation], None] = lambda _: None,
) -> httpx.AsyncClient:
    """A client of a kernel that serves GET on `/` with `handler`, behind `guards`."""
    application = Application(
        admission=Admission(
            router=PathRouter([Route("/", {"GET": handler}, methods=("GET",))]),
            guards=guards,
            doors=[],
            identifier=Identifier(),
            addresses=ClientAddress([]),
            cors=None,
        ),
        reporter=Reporter(SystemClock(), observe, lambda _: None),
        problems=Problems(time.time),
        constant_headers=security_headers(strict=True, csp=None),
        observe=observe,
        in_flight=RequestsUnderWay(),
    )
    adapter = AsgiAdapter(application, _nothing, _nothing)
    transport = httpx.ASGITransport(app=adapter, client=("192.0.2.1", 40000))
    return httpx.AsyncClient(transport=transport, base_url="http://estuary.test")


async def _nothing() -> None:
    """There is nothing to start or stop."""
