"""The resources as they are served: HTTP handlers, with the use cases and the store behind them."""

from collections.abc import Sequence

from uuid_utils import uuid7

from estuary.config.settings import Settings
from estuary.core.ports import Clock, Observer, Store
from estuary.core.record_service import RecordService
from estuary.core.resource import Resource
from estuary.http.guards.body import BodyReader
from estuary.http.records.demands import DemandReader
from estuary.http.records.handlers import RecordHandlers
from estuary.http.routes import API_PREFIX


def make_handlers(
    settings: Settings, resources: Sequence[Resource], store: Store, clock: Clock, observe: Observer
) -> list[RecordHandlers]:
    """The handlers of each of `resources`, whose records are in `store`."""
    body = BodyReader(settings.max_body_bytes, settings.request_body_timeout_seconds)
    demands = DemandReader(clock.now, require_if_match=settings.require_if_match)

    def handlers(resource: Resource) -> RecordHandlers:
        collection = store.collection(resource)
        records = RecordService(
            resource,
            collection,
            clock=clock,
            new_id=_new_id,
            observe=observe,
            require_index=settings.query_require_index,
        )
        return RecordHandlers(records, body, demands, f"{API_PREFIX}/{resource.name}")

    return [handlers(resource) for resource in resources]


def _new_id() -> str:
    """UUID version 7 (RFC 9562): ids that grow with time keep a primary key's new pages together."""
    return str(uuid7())
