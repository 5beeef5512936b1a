"""The one function that joins everything: Settings become a service."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from uuid_utils import uuid7

from estuary import __version__
from estuary.app.authentication import access, authentication, scopes
from estuary.app.caches import with_cache
from estuary.app.limits import make_limiter
from estuary.app.pipeline import doors, guards, rate_limit
from estuary.app.resources import load_resources, openapi
from estuary.app.service import Companion, Service
from estuary.app.shared_state import SharedState
from estuary.app.stores import data_folder, last_backup, make_store
from estuary.app.transfer import counted
from estuary.app.undeclared import UndeclaredRecords
from estuary.config.environment import load
from estuary.config.settings import Settings
from estuary.core.ports import Observer, Store
from estuary.core.resource import Resource
from estuary.core.service import Records
from estuary.core.sources import Source
from estuary.http.admission import Admission
from estuary.http.asgi import AsgiAdapter
from estuary.http.client_address import ClientAddress
from estuary.http.guards.body import BodyReader
from estuary.http.guards.cors import Cors
from estuary.http.guards.head import check_head
from estuary.http.guards.metrics_token import MetricsToken
from estuary.http.guards.request_id import Identifier
from estuary.http.guards.security_headers import security_headers
from estuary.http.kernel import Application
from estuary.http.messages import Request
from estuary.http.negotiation import VARY
from estuary.http.operations import Operations
from estuary.http.problems import Problems
from estuary.http.records.demands import DemandReader
from estuary.http.records.handlers import RecordHandlers
from estuary.http.reporter import Reporter
from estuary.http.router import PathRouter
from estuary.http.routes import API_PREFIX, operators_table, table
from estuary.http.rsgi import RsgiAdapter
from estuary.stores.observed import ObservedStore
from estuary.stores.waiting import WaitingStore
from estuary.telemetry.clock import SystemClock
from estuary.telemetry.logs import Logs, standard_output_logs
from estuary.telemetry.machine import Machine
from estuary.telemetry.metrics import Metrics
from estuary.telemetry.observers import Observers
from estuary.telemetry.system import CachedSystemMonitor, this_host


def build(
    settings: Settings, *, colour: bool = True, shared: SharedState | None = None, worker: int = 0
) -> Service:
    """The service that `settings` describe, not yet started; raises `DeclarationError`.

    `colour` says whether a terminal may be shown coloured log lines. `shared` is the memory
    of the workers, of which this process is the one numbered `worker`; without it, it is the only one.
    """
    shared = shared or SharedState(settings)
    clock = SystemClock()
    in_flight: set[Request] = set()
    resources = load_resources(settings.resources)
    observers = Observers()
    host = this_host()
    logs = _logs(settings, clock, colour=colour)
    logs.subscribe(observers)
    metrics = Metrics(
        [each.name for each in resources],
        version=__version__,
        cells=shared.cells(worker),
        collectors=[
            Machine(
                host,
                started_at=shared.started_at,
                # Where nothing is kept here, the disk that the program runs on is still one that can fill.
                folder=data_folder(settings) or Path(),
                processes=shared.processes,
            ),
            *last_backup(settings),
        ],
    )
    metrics.subscribe(observers)
    logs.on_drop(metrics.log_lines_dropped)
    limiter = make_limiter(settings, shared, clock.monotonic, observers)
    made = make_store(settings, resources, observers, shared=shared, worker=worker)
    waiting = WaitingStore(made, observers)
    observed = ObservedStore(waiting, observers, clock.monotonic)
    store = with_cache(settings, observed, shared, clock, observers)
    operations = Operations(
        store=store,
        clock=clock,
        system=CachedSystemMonitor(host, clock),
        exposition=metrics,
        document=openapi(resources, access(settings), metrics=settings.admin_port is None),
        version=__version__,
        draining=lambda: application.draining,
    )
    collections = _collections(settings, resources, store, clock, observers)
    cors = Cors(settings.cors_allowed_origins)
    auth = authentication(settings, shared, clock, observers)
    admission = partial(
        Admission,
        identifier=Identifier(),
        addresses=ClientAddress(settings.trusted_proxies),
    )
    counting = rate_limit(settings, limiter, observers)
    share = partial(
        Application,
        reporter=Reporter(clock, observers, metrics.request_begun),
        problems=Problems(clock.now),
        constant_headers=(
            *security_headers(strict=settings.security_strict_mode, csp=settings.security_csp),
            VARY,
            *cors.constant_headers,
        ),
        observe=observers,
        in_flight=in_flight,
    )
    token = None if settings.metrics_token is None else MetricsToken(settings.metrics_token)
    has_own_port = settings.admin_port is not None
    routes = table(operations, collections, scopes=scopes(settings), token=token, details=not has_own_port)
    application = share(
        admission=admission(
            router=PathRouter(routes),
            guards=guards(settings, cors, counting, auth.guards, observers, in_flight),
            doors=doors(settings, cors, counting),
            grant=cors.grant if settings.cors_allowed_origins else None,
        )
    )
    admin = share(
        admission=admission(
            router=PathRouter(operators_table(operations, token)), guards=[check_head], doors=[], grant=None
        )
    )
    return Service(
        application,
        store,
        limiter,
        logs,
        clock,
        awaited=waiting,
        admin=admin if has_own_port else None,
        companions=[*auth.companions, *_undeclared(made, logs, worker)],
    )


def asgi() -> AsgiAdapter:
    """Estuary as an ASGI application, configured from the environment, for people's own servers."""
    service = build(load().settings)
    return AsgiAdapter(service.application, service.start, service.stop)


def rsgi() -> RsgiAdapter:
    """Estuary as an RSGI application, configured from the environment, for people's own Granian."""
    service = build(load().settings)
    return RsgiAdapter(service.application, service.start, service.stop)


def _undeclared(store: Store, logs: Logs, worker: int) -> Iterator[Companion]:
    """What tells of records that no resource declares, in one of the workers."""
    if worker == 0 and isinstance(store, Source):
        log = logs.logger("estuary::store")
        yield UndeclaredRecords(
            store,
            lambda undeclared: log.warn(
                "the store holds records that RESOURCES does not declare", tables=counted(undeclared)
            ),
        )


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
    demands = DemandReader(clock.now, require_if_match=settings.require_if_match)

    def handlers(resource: Resource) -> RecordHandlers:
        collection = store.collection(resource)
        records = Records(resource, collection, clock=clock, new_id=_new_id, observe=observe)
        return RecordHandlers(records, body, demands, f"{API_PREFIX}/{resource.name}")

    return [handlers(resource) for resource in resources]


def _new_id() -> str:
    """UUID version 7 (RFC 9562): ids that grow with time keep a primary key's new pages together."""
    return str(uuid7())
