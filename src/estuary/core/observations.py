"""The observations: what happens in Estuary, as frozen facts to which logs and metrics subscribe."""

import msgspec

from estuary.core.access.identity import Refusal
from estuary.core.audit import AccessRefused, KeyAdministered
from estuary.core.measurements import RequestServed, StoreQueried


class RequestFailed(msgspec.Struct, frozen=True):
    """A defect or a store's own error ended a request with 500; the exception is for the log alone."""

    request_id: str
    endpoint: str
    error: BaseException


class RateLimitExceeded(msgspec.Struct, frozen=True):
    """A client was turned away for asking too often."""

    client: str


class AuthFailed(msgspec.Struct, frozen=True):
    """A request was not let in; nothing of its token is recorded."""

    reason: Refusal
    client: str


class ApiKeysChanged(msgspec.Struct, frozen=True):
    """Changes of API keys cannot be read any more, or again; `reason` says why not, for an operator."""

    available: bool
    reason: str


class KeysFetched(msgspec.Struct, frozen=True):
    """An issuer's keys were fetched from `source`; `changed`: they are others than before."""

    source: str
    ids: tuple[str, ...]
    changed: bool


class KeysMissed(msgspec.Struct, frozen=True):
    """An issuer's keys could not be fetched; `usable`: those fetched before are still in use."""

    source: str
    reason: str
    usable: bool


class KeysNotKept(msgspec.Struct, frozen=True):
    """An issuer's keys are in use, but could not be written to where the next process looks for them."""

    source: str
    reason: str


class LimiterChanged(msgspec.Struct, frozen=True):
    """What counts the rate limit elsewhere became available again, or did not answer any more."""

    store: str
    available: bool
    reason: str = ""


class RequestShed(msgspec.Struct, frozen=True):
    """A request was turned away because too many were in flight."""

    in_flight: int


class ConnectionsFull(msgspec.Struct, frozen=True):
    """A connection came when `limit` of them were held: an idle one goes for it, or it is refused."""

    limit: int


class ConnectionOpened(msgspec.Struct, frozen=True):
    """A client connected; `name` identifies the connection."""

    name: str


class ConnectionClosed(msgspec.Struct, frozen=True):
    """The connection `name` was closed for `reason` after so many `requests` and `seconds`."""

    name: str
    requests: int
    seconds: float
    reason: str


class AcceptFailed(msgspec.Struct, frozen=True):
    """The system had no descriptor or memory left for a connection; `reason` is the system's."""

    reason: str


class StoreQueryCancelled(msgspec.Struct, frozen=True, gc=False):
    """An `operation` on `resource` was cancelled after `duration` seconds: the client hung up.

    It says nothing of the store, which neither answered nor failed by then.
    """

    operation: str
    resource: str
    duration: float


class CacheLooked(msgspec.Struct, frozen=True):
    """A record was looked up in the cache of a resource: a hit or a miss."""

    cache: str
    hit: bool


class CacheChanged(msgspec.Struct, frozen=True):
    """The replicas' shared cache became available again, or stopped answering."""

    store: str
    available: bool
    reason: str = ""


class ConnectionsChanged(msgspec.Struct, frozen=True):
    """A store now holds `active` open connections to its engine."""

    active: int


class StoreAwaited(msgspec.Struct, frozen=True):
    """The store is away, or still being opened, and is waited for; `reason` says how that shows."""

    reason: str


class StoreFound(msgspec.Struct, frozen=True):
    """The store that was waited for is there, and is in use."""


class RetryDue(msgspec.Struct, frozen=True):
    """`what` failed for `reason`, and is tried again in `pause` seconds."""

    what: str
    pause: float
    reason: str


class MigrationAwaited(msgspec.Struct, frozen=True):
    """The store has to be migrated before it can be used; `reason` says how."""

    reason: str


class Migrated(msgspec.Struct, frozen=True):
    """The store that had to be migrated was, and is in use."""


class StoreLost(msgspec.Struct, frozen=True):
    """A file of the store is gone while it was in use, or this keeps it from being used again; `reason`.

    Nothing is read or written until `StoreRecovered`.
    """

    reason: str


class StoreRecovered(msgspec.Struct, frozen=True):
    """The store that was lost is in use again."""


class ListQueried(msgspec.Struct, frozen=True):
    """A list of `resource` was asked for; `served`: one of its indexes serves the query."""

    resource: str
    served: bool


class ListQuerySlow(msgspec.Struct, frozen=True):
    """A list query took `seconds`, or was `refused` because it would take too long.

    `shape` says what it compares and orders by. `index` are the fields of an index to be declared, `sort`
    the order to ask for, with which it would be served; both are empty where one serves it, or none would.
    """

    resource: str
    shape: str
    seconds: float
    index: tuple[str, ...]
    sort: str
    refused: bool


class HookSlow(msgspec.Struct, frozen=True):
    """A `hook` of `resource` took `seconds`, in which its worker answered no request."""

    resource: str
    hook: str
    seconds: float


class RecordCreated(msgspec.Struct, frozen=True):
    """A record of `resource` was created and is as durable as its store makes it."""

    resource: str


class RecordUpdated(msgspec.Struct, frozen=True):
    """A record of `resource` was changed."""

    resource: str


class RecordDeleted(msgspec.Struct, frozen=True):
    """A record of `resource` was deleted."""

    resource: str


class RecordsCascaded(msgspec.Struct, frozen=True):
    """A delete in `resource` took so many records with it, and changed so many, by their resources."""

    resource: str
    deleted: dict[str, int]
    updated: dict[str, int]


class BatchRead(msgspec.Struct, frozen=True):
    """A request holds a batch of so many operations, of which `names` says the first: `PUT books,…`."""

    request_id: str
    operations: int
    names: str


class BatchMade(msgspec.Struct, frozen=True):
    """A batch of so many operations was made, and is as durable as its store makes it."""

    operations: int


Observation = (
    RequestServed
    | RequestFailed
    | RateLimitExceeded
    | LimiterChanged
    | AuthFailed
    | AccessRefused
    | KeyAdministered
    | ApiKeysChanged
    | KeysFetched
    | KeysMissed
    | KeysNotKept
    | RequestShed
    | ConnectionsFull
    | ConnectionOpened
    | ConnectionClosed
    | AcceptFailed
    | StoreQueried
    | StoreQueryCancelled
    | CacheLooked
    | CacheChanged
    | ConnectionsChanged
    | StoreAwaited
    | StoreFound
    | RetryDue
    | MigrationAwaited
    | Migrated
    | StoreLost
    | StoreRecovered
    | ListQueried
    | ListQuerySlow
    | HookSlow
    | RecordCreated
    | RecordUpdated
    | RecordDeleted
    | RecordsCascaded
    | BatchRead
    | BatchMade
)
