"""The composition root: `build` is the list of what a service is made of."""

from estuary import __version__
from estuary.app.access import permissions
from estuary.app.applications import Applications, Parts
from estuary.app.authentication import authentication, demand_room_for_subjects, documented_scopes
from estuary.app.batch import make_batch
from estuary.app.caches import with_cache
from estuary.app.keys import make_key_handlers
from estuary.app.limits import make_limiter
from estuary.app.observability import make_observability
from estuary.app.pages import make_pages
from estuary.app.record_handlers import make_handlers, service_context
from estuary.app.references import with_references
from estuary.app.resources import load_resources, openapi
from estuary.app.service import Service
from estuary.app.shared_state import SharedState
from estuary.app.stores import make_store
from estuary.app.undeclared import report_undeclared
from estuary.config.settings import Settings
from estuary.http.operator_handlers import OperatorHandlers
from estuary.stores.observed import ObservedStore
from estuary.stores.retrying import RetryingStore


def build(
    settings: Settings, *, colour: bool = True, shared: SharedState | None = None, worker: int = 0
) -> Service:
    """The service that `settings` describe, not yet started; raises `DeclarationError`.

    `colour` says whether a terminal may be shown coloured log lines. `shared` is the memory of the workers,
    of which this process is the one numbered `worker`; without it, it is the only one.
    """
    shared = shared or SharedState(settings)
    resources = load_resources(settings.resources)
    demand_room_for_subjects(settings, resources)
    granted = permissions(settings, resources, documented_scopes(settings))
    observability = make_observability(settings, resources, shared, worker, colour=colour)
    clock, logs, metrics, system, observers = observability

    engine = make_store(settings, resources, observers, shared=shared, worker=worker)
    retrying = RetryingStore(engine, observers)
    observed = ObservedStore(retrying, observers, clock.monotonic)
    cached = with_cache(settings, observed, shared, clock, observers)
    store = with_references(cached, resources, granted, clock, observers)

    limiter = make_limiter(settings, shared, clock.monotonic, observers)
    auth = authentication(settings, shared, store.api_keys(), clock, observers)
    context = service_context(settings, clock, observers)
    handlers = make_handlers(settings, resources, store, granted, context)
    operations = OperatorHandlers(
        store=store,
        clock=clock,
        system=system,
        exposition=metrics,
        document=openapi(
            resources,
            documented_scopes(settings),
            metrics=settings.admin_port is None,
            most_operations=settings.batch_max_operations,
            keys=settings.keys_role is not None,
        ),
        version=__version__,
        draining=lambda: application.draining,
    )
    batch = make_batch(settings, handlers, store, limiter, granted, context)
    applications = Applications(settings, observability, limiter, auth, granted)
    parts = Parts(operations, handlers, batch, make_key_handlers(settings, store, clock, observers))
    pages = make_pages(settings, resources)
    application = applications.service(parts, pages.on_port)
    return Service(
        application,
        store,
        limiter,
        logs,
        clock,
        awaited=retrying,
        admin=applications.operators(parts, pages.on_admin_port),
        companions=[*auth.companions, *pages.companions, *report_undeclared(engine, logs, worker)],
    )
