"""Batches as they are served: their handler, with the use case and the store behind it."""

from collections.abc import Sequence

from estuary.app.access import Permissions
from estuary.app.hooks import hook_calls_of
from estuary.app.pipeline import subject_rate_limit
from estuary.app.references import goes_with
from estuary.config.settings import Settings
from estuary.core.awaiting import settled
from estuary.core.batch.batches import Batches
from estuary.core.batch.operations import Target
from estuary.core.ports import RateLimiter, Store
from estuary.core.resource import Resource
from estuary.core.service_context import ServiceContext
from estuary.http.batch.handler import BatchHandler, Charge
from estuary.http.batch.operation_forms import BatchForms
from estuary.http.guards.body import BodyReader
from estuary.http.guards.rate_limit import RateLimit
from estuary.http.messages import Request, Verdict
from estuary.http.records.handlers import RecordHandlers
from estuary.http.records.write_headers.write_headers import WriteHeadersReader
from estuary.http.routes import API_PREFIX


def make_batch(
    settings: Settings,
    collections: Sequence[RecordHandlers],
    store: Store,
    limiter: RateLimiter,
    permissions: Permissions,
    context: ServiceContext,
) -> BatchHandler:
    """The handler of batches over `collections`, whose records are in `store`."""
    resources = [each.resource for each in collections]

    def target(resource: Resource) -> Target:
        hooks = hook_calls_of(resource, context.clock.monotonic, context.observe)
        return Target(resource, store.collection(resource), context.new_id, hooks)

    limits = [
        *([RateLimit(limiter, context.observe)] if settings.rate_limit_enabled else []),
        *subject_rate_limit(settings, limiter, context.observe),
    ]
    return BatchHandler(
        forms=BatchForms(
            {f"{API_PREFIX}/{each.resource.name}": each for each in collections},
            context.clock.now,
            most=settings.batch_max_operations,
            require_if_match=settings.require_if_match,
        ),
        batches=Batches(store.transact, context, goes_with(store, resources)),
        targets={each.name: target(each) for each in resources},
        body=BodyReader(settings.max_body_bytes, settings.request_body_timeout_seconds),
        write_headers=WriteHeadersReader(context.clock.now, require_if_match=settings.require_if_match),
        rights=permissions.of,
        charge=_charged_to(limits) if limits else None,
        limit=limiter.limit,
        observe=context.observe,
    )


def _charged_to(limits: Sequence[RateLimit]) -> Charge:
    """Counts requests against each of `limits` until one of them refuses."""

    async def charge(request: Request, cost: int) -> Verdict:
        for limit in limits:
            verdict = await settled(limit.charge(request, cost))
            if verdict is not None:
                return verdict
        return None

    return charge
