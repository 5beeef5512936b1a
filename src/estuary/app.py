"""The composition root: Settings become a store, a limiter, telemetry and the application they serve."""

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

import msgspec
from uuid_utils import uuid7

from estuary import __version__
from estuary.config.environment import load
from estuary.config.settings import Settings
from estuary.core.errors import StoreUnavailable
from estuary.core.ports import Observer, Store
from estuary.core.resource import DeclarationError, Resource
from estuary.core.service import Records
from estuary.http.asgi import AsgiAdapter
from estuary.http.client_address import Client, ClientAddress
from estuary.http.guards.body import BodyReader
from estuary.http.guards.cors import Cors
from estuary.http.guards.head import check_head
from estuary.http.guards.in_flight import InFlightCap
from estuary.http.guards.rate_limit import RateLimit
from estuary.http.guards.request_id import identifier
from estuary.http.guards.security_headers import security_headers
from estuary.http.guards.version import check_version
from estuary.http.kernel import Application
from estuary.http.messages import Check, Guard, Request
from estuary.http.openapi import document
from estuary.http.operations import Operations
from estuary.http.problems import Problems
from estuary.http.records import RecordHandlers
from estuary.http.routes import API_PREFIX, PathRouter, table
from estuary.http.rsgi import RsgiAdapter
from estuary.limits.local import LocalRateLimiter
from estuary.stores.observed import ObservedStore
from estuary.telemetry.clock import SystemClock
from estuary.telemetry.logs import Logs, standard_output_logs
from estuary.telemetry.machine import Machine
from estuary.telemetry.metrics import Metrics
from estuary.telemetry.observers import Observers
from estuary.telemetry.system import CachedSystemMonitor, this_host


class Service:
    """Everything that serves requests in one process: made by `build`, started, drained, stopped."""

    def __init__(self, application: Application, store: Store, logs: Logs, clock: SystemClock) -> None:
        self.application = application
        self.rsgi = RsgiAdapter(application)
        self.store = store
        self.logs = logs
        self.log = logs.logger("estuary::service")
        self._clock = clock

    async def start(self) -> None:
        """Open the store; raises `StoreUnavailable` or `StoreSchemaMismatch`."""
        await self.store.open()

    def drain(self) -> None:
        """From now on readiness is 503 and every answer closes its connection."""
        self.application.draining = True

    def in_flight(self) -> list[str]:
        """The requests under way, each with its age in seconds and its id."""
        now = self._clock.monotonic()
        return [
            f"{request.method} {request.route.template} {now - request.started:.1f} s "
            f"request_id={request.request_id}"
            for request in list(self.application.in_flight)
        ]

    async def stop(self) -> None:
        """Close the store and write the last log lines."""
        await self.store.close()
        self.logs.flush()


def build(settings: Settings, *, colour: bool = True) -> Service:
    """The service that `settings` describe, not yet started; raises `DeclarationError`.

    `colour` says whether a terminal may be shown coloured log lines.
    """
    clock = SystemClock()
    in_flight: set[Request] = set()
    resources = load_resources(settings.resources)
    observers = Observers()
    host = this_host()
    logs = _logs(settings, clock, colour=colour)
    logs.subscribe(observers)
    machine = Machine(host, started_at=time.time(), folder=_data_folder(settings))
    metrics = Metrics(
        [each.name for each in resources],
        version=__version__,
        in_flight=lambda: len(in_flight),
        collectors=[machine, logs.collect],
    )
    metrics.subscribe(observers)
    store = ObservedStore(_store(settings, resources, observers), observers, clock.monotonic)
    operations = Operations(
        store=store,
        clock=clock,
        system=CachedSystemMonitor(host, clock),
        exposition=metrics,
        document=openapi(resources),
        version=__version__,
        draining=lambda: application.draining,
    )
    collections = _collections(settings, resources, store, clock, observers)
    cors = Cors(settings.cors_allowed_origins)
    application = Application(
        router=PathRouter(table(operations, collections)),
        checks=_checks(settings, cors, observers, lambda: len(in_flight)),
        guards=_guards(settings, clock, observers),
        problems=Problems(clock.now),
        identify=identifier(),
        locate=_locator(settings),
        constant_headers=(
            *security_headers(strict=settings.security_strict_mode, csp=settings.security_csp),
            *cors.constant_headers,
        ),
        observe=observers,
        clock=clock,
        in_flight=in_flight,
    )
    return Service(application, store, logs, clock)


def asgi() -> AsgiAdapter:
    """Estuary as an ASGI application, configured from the environment, for people's own servers."""
    service = build(load().settings)
    return AsgiAdapter(service.application, service.start, service.stop)


def openapi(resources: Sequence[Resource]) -> bytes:
    """The OpenAPI document of `resources`, encoded."""
    return msgspec.json.encode(document(resources, version=__version__, prefix=API_PREFIX))


def load_resources(references: Sequence[str]) -> list[Resource]:
    """The declared resources that `module:ATTRIBUTE` references name; raises `DeclarationError`."""
    resources = [_load_resource(reference) for reference in references]
    names = [resource.name for resource in resources]
    for name in names:
        if names.count(name) > 1:
            raise DeclarationError(f"RESOURCES: two resources are named {name!r}")
    return resources


def _load_resource(reference: str) -> Resource:
    module_name, _, attribute = reference.partition(":")
    try:
        resource = getattr(import_module(module_name), attribute)
    except (ImportError, AttributeError) as error:
        raise DeclarationError(f"RESOURCES: {reference} cannot be imported: {error}") from error
    if not isinstance(resource, Resource):
        raise DeclarationError(f"RESOURCES: {reference} is not a Resource")
    return resource


def _logs(settings: Settings, clock: SystemClock, *, colour: bool) -> Logs:
    """The process's logs, which from now on hold those of libraries too."""
    logs = standard_output_logs(
        settings.log_filter,
        settings.log_format,
        production=settings.production,
        colour=colour,
        clock=clock,
    )
    logs.capture()
    return logs


def _collections(
    settings: Settings, resources: Sequence[Resource], store: Store, clock: SystemClock, observe: Observer
) -> list[RecordHandlers]:
    """The handlers of each resource, with the use cases behind them."""
    body = BodyReader(settings.max_body_bytes, settings.request_body_timeout_seconds)

    def handlers(resource: Resource) -> RecordHandlers:
        collection = store.collection(resource)
        records = Records(resource, collection, clock=clock, new_id=_new_id, observe=observe)
        return RecordHandlers(records, body, f"{API_PREFIX}/{resource.name}")

    return [handlers(resource) for resource in resources]


def _checks(settings: Settings, cors: Cors, observe: Observer, in_flight: Callable[[], int]) -> list[Check]:
    """The stages that decide at once, in the order in which a request passes them."""
    cap = InFlightCap(settings.max_in_flight, in_flight, observe)
    return [check_head, cap, *([cors] if settings.cors_allowed_origins else []), check_version]


def _guards(settings: Settings, clock: SystemClock, observe: Observer) -> list[Guard]:
    """The stages that may wait, after the checks."""
    if not settings.rate_limit_enabled:
        return []
    limiter = LocalRateLimiter(
        settings.rate_limit_max_requests,
        settings.rate_limit_window_seconds,
        settings.rate_limit_max_clients,
        clock.monotonic,
    )
    return [RateLimit(limiter, observe)]


def _locator(settings: Settings) -> Callable[[Request], Client]:
    find = ClientAddress(settings.trusted_proxies)
    if not find.reads_headers:
        return lambda request: find(request.peer)
    return lambda request: find(
        request.peer,
        request.headers.get_all("x-forwarded-for"),
        request.headers.get_all("forwarded"),
    )


def _store(settings: Settings, resources: Sequence[Resource], observe: Observer) -> Store:
    if settings.database.path is None:
        from estuary.stores.memory import MemoryStore

        return MemoryStore(resources)
    from estuary.stores.sqlite import SqliteStore

    timeout = settings.database_timeout_seconds
    return SqliteStore(settings.database.path, resources, timeout=timeout, observe=observe)


def _data_folder(settings: Settings) -> Path | None:
    return None if settings.database.path is None else settings.database.path.parent


def _new_id() -> str:
    """UUID version 7 (RFC 9562): ids that grow with time keep a primary key's new pages together."""
    return str(uuid7())


def probe(settings: Settings) -> str:
    """Open and close the store as `serve` would, and say how that went, in a line.

    A SQLite file that does not exist is not made. Raises `DeclarationError`, `StoreError`.
    """
    resources = load_resources(settings.resources)
    path = settings.database.path
    if path is not None and not path.exists():
        folder = next(parent for parent in path.absolute().parents if parent.exists())
        if not os.access(folder, os.W_OK):
            raise StoreUnavailable(f"{path} cannot be made: the folder {folder} is not writable")
        return f"store: {path} will be made on the first start"
    asyncio.run(_open_and_close(_store(settings, resources, Observers())))
    return f"store: {settings.database.kind} answers"


async def _open_and_close(store: Store) -> None:
    await store.open()
    try:
        await store.ping()
    finally:
        await store.close()
