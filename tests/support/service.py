"""A whole service in this process, spoken to through the ASGI adapter."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from estuary.app import Service, build, load_resources, openapi
from estuary.config.environment import load_from
from estuary.http.asgi import AsgiAdapter
from estuary.http.kernel import Application
from estuary.http.messages import Request, Response
from estuary.http.scopes import Scopes
from estuary.telemetry.observers import Observers
from tests.support.conformance import Conformance

ITEMS = "estuary.core.items:ITEMS"


def make_service(directory: Path, **variables: str) -> Service:
    """A service of the given variables, with nothing taken from the real environment."""
    environment = {"DATABASE_TYPE": "memory", "LOG_FILTER": "off", **variables}
    return build(load_from(environment, directory=directory).settings)


def observed(service: Service, kind: type[Any]) -> list[Any]:
    """What of a kind the service observes from now on."""
    seen: list[Any] = []
    observers = service.application.observe
    assert isinstance(observers, Observers)
    observers.subscribe(kind, seen.append)
    return seen


class Identified:
    """An application whose requests are somebody's before they reach it."""

    def __init__(self, application: Application, identify: Callable[[Request], None]) -> None:
        self.constant_headers = application.constant_headers
        self._application = application
        self._identify = identify

    async def answer(self, request: Request) -> Response:
        """Find out whose the request is, then answer it."""
        self._identify(request)
        outcome = self._application.answer(request)
        return outcome if isinstance(outcome, Response) else await outcome


@asynccontextmanager
async def client_of(
    service: Service,
    *,
    resources: Sequence[str] = (ITEMS,),
    identify: Callable[[Request], None] = lambda _: None,
    access: Scopes | None = None,
    metrics: bool = True,
    keys: bool = False,
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the service, which is started before and stopped afterwards.

    `identify` says whose each request is, as authentication would. Every response is held against the
    OpenAPI document of the service's `resources`: with the scopes of `access`, with or without `metrics`,
    and the administration of `keys`.
    """
    await service.start()
    application = Identified(service.application, identify)
    adapter = AsgiAdapter(
        application,  # type: ignore[arg-type]  # it has all that the adapter asks of an application
        service.start,
        service.stop,
    )
    conformance = _conformance(tuple(resources), access, metrics=metrics, keys=keys)
    try:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=adapter, client=("192.0.2.1", 40000)),
            base_url="http://estuary.test",
            event_hooks={"response": [conformance.check]},
        ) as client:
            yield client
    finally:
        await service.stop()


@cache
def _conformance(
    resources: Sequence[str], access: Scopes | None, *, metrics: bool, keys: bool
) -> Conformance:
    """Made once for all tests of the same resources: it takes longer than most of them."""
    return Conformance(openapi(load_resources(resources), access, metrics=metrics, keys=keys))
