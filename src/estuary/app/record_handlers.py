"""The resources as they are served: HTTP handlers, with the use cases and the store behind them."""

from collections.abc import Sequence

from estuary.app.access import Permissions
from estuary.app.hooks import hook_calls_of
from estuary.app.record_ids import new_record_id
from estuary.app.references import reach_of
from estuary.app.stores import has_one_direction
from estuary.config.settings import Settings
from estuary.core.ports import Clock, Observer, Store
from estuary.core.record_service import RecordService
from estuary.core.references.foreign_keys import ForeignKeys
from estuary.core.resource import Resource
from estuary.core.service_context import ServiceContext
from estuary.http.guards.body import BodyReader
from estuary.http.records.expansion import Expandable, Expander, Expansions
from estuary.http.records.handlers import RecordHandlers
from estuary.http.records.write_headers.write_headers import WriteHeadersReader
from estuary.http.routes import API_PREFIX
from estuary.stores.contention import Contention


def service_context(settings: Settings, clock: Clock, observe: Observer) -> ServiceContext:
    """The dependencies of the use cases of all resources, and of batches."""
    return ServiceContext(
        clock=clock,
        new_id=new_record_id,
        observe=observe,
        attempts=Contention(clock.monotonic).attempts,
        require_index=settings.query_require_index,
        one_direction=has_one_direction(settings),
    )


def make_handlers(
    settings: Settings,
    resources: Sequence[Resource],
    store: Store,
    granted: Permissions,
    context: ServiceContext,
) -> list[RecordHandlers]:
    """The handlers of each of `resources`, whose records are in `store`; `granted` is who may read them."""
    keys = ForeignKeys(key for each in resources for key in each.foreign_keys)
    expandable: dict[str, Expandable] = {}
    expander = Expander(keys, expandable, reach_of(granted))
    body = BodyReader(settings.max_body_bytes, settings.request_body_timeout_seconds)
    clock = context.clock

    def handlers(resource: Resource) -> RecordHandlers:
        hooks = hook_calls_of(resource, clock.monotonic, context.observe)
        collection = store.collection(resource)
        expansions = Expansions(resource.name, keys)
        if hooks is None:
            records = RecordService(resource, collection, context)
        else:
            from estuary.core.hooks.hooked_records import HookedRecords

            records = HookedRecords(resource, collection, context, hooks)
        write_headers = WriteHeadersReader(
            clock.now,
            require_if_match=settings.require_if_match,
            names_asker=resource.depends_on_asker or bool(keys.all),
            expansions=expansions,
        )
        path = f"{API_PREFIX}/{resource.name}"
        made = RecordHandlers(records, body, write_headers, expansions, expander, path)
        expandable[resource.name] = Expandable(collection.list, made.codec)
        return made

    return [handlers(resource) for resource in resources]
