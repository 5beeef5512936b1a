"""The ports: what Estuary needs from the world, and what each side promises."""

from collections.abc import AsyncIterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

import msgspec

from estuary.core.access.identity import Identity
from estuary.core.allowance import Decision
from estuary.core.api_keys.api_keys import ApiKey, KeyChanges
from estuary.core.awaiting import MaybeAwaitable
from estuary.core.observations import Observation
from estuary.core.queries.query import ListQuery, ListResult
from estuary.core.queries.uniques import UniqueKey
from estuary.core.record import Record, Written
from estuary.core.resource import Resource
from estuary.core.writes.writes import UNCONDITIONAL, IdempotencyKey, Write, WriteOptions


class Clock(Protocol):
    """Where times come from."""

    def now(self) -> datetime:
        """The current time, in UTC, with microseconds."""
        ...

    def timestamp(self) -> float:
        """The current time as seconds since the epoch: what `now` says, at a fifth of its cost."""
        ...

    def monotonic(self) -> float:
        """Seconds since some fixed moment; never goes back."""
        ...


class Observer(Protocol):
    """Takes each observation as it happens; returns fast and never raises."""

    def __call__(self, observation: Observation, /) -> None:
        """Handle `observation` without waiting for anything."""
        ...


class Collection(Protocol):
    """The records of one resource.

    A method gives its answer, or what to wait for to have it; where it need not be waited for, an error is
    raised at once, too. Every method may raise `StoreUnavailable` (in bounded time) or `StoreQueryFailed`.
    A write that returned is durable, unless the store says it never is.

    The order of a collection is `Position`: created_at ascending, ties by id as plain characters.

    Where an owner is given, only that owner's records exist: any other is `NotFound`, in no list and in
    no number.

    A write whose options hold a key keeps it, in the write's own transaction, with its fingerprint and a
    snapshot of the record as written. For `KEY_LIFETIME` the same key and fingerprint then give that
    snapshot, whatever became of the record and whatever version is expected; another fingerprint raises
    `IdempotencyKeyReused`; a key whose write another caller is still at raises `IdempotencyKeyInFlight`,
    or waits for its end. A write that fails keeps nothing. Keys are the resource's, the subject's and
    the owner's own. A write that finds nothing to change keeps its key as well.

    A dry run finds keys as the write itself would, and keeps nothing.
    """

    def insert(self, record: Record, options: WriteOptions = UNCONDITIONAL) -> MaybeAwaitable[Written]:
        """Keep a new record; the owner is the record's own.

        Its id is one that no other has ever had, unless the client chose it: then a deleted record may have
        had it, and the new one goes on from that one's last version, so that old entity tags never match
        it. Raises `RecordExists` where it is taken, also where another owner's record has it, and
        `UniqueConflict` where another record has the values of one of the resource's unique keys: of any
        number of concurrent writers of the same values, exactly one succeeds.
        """
        ...

    def get(self, record_id: str, owner: str | None = None) -> MaybeAwaitable[Record]:
        """The record; raises `NotFound`."""
        ...

    def find(
        self, key: UniqueKey, values: Sequence[Any], owner: str | None = None
    ) -> MaybeAwaitable[ListResult]:
        """The records that have these values of one of the resource's unique keys, as they are now.

        `MOST_FOUND` of them at most: there are several only where each has another owner. What it costs
        does not grow with the collection.
        """
        ...

    def update(
        self,
        record_id: str,
        changes: Mapping[str, Any],
        updated_at: datetime,
        options: WriteOptions = UNCONDITIONAL,
    ) -> MaybeAwaitable[Written]:
        """Set the given fields and `updated_at`, add one to the version, give back the whole record.

        With an expected version only that one is changed: of any number of concurrent writers that
        expect the same one, exactly one succeeds. With `if_changed` a record whose fields hold the given
        values already stays as it is. Raises `NotFound`, `VersionConflict`, `WriteContention`, and
        `UniqueConflict` as `insert` does.
        """
        ...

    def delete(self, record_id: str, options: WriteOptions = UNCONDITIONAL) -> MaybeAwaitable[Written]:
        """Remove the record; raises `NotFound`, `VersionConflict` as `update` does."""
        ...

    def list(self, query: ListQuery) -> MaybeAwaitable[ListResult]:
        """The records that `query` asks for, and their number where it asks for that: both of one moment.

        By cursor, what it costs does not grow with the collection where an index serves the query; raises
        `QueryTooExpensive` where none does and it costs too much, `QueryUnsupported` for what the store
        cannot answer.
        """
        ...

    def count(self, owner: str | None = None) -> MaybeAwaitable[int]:
        """The exact number of records, without looking at each."""
        ...


class ApiKeys(Protocol):
    """The API keys of a deployment, beside its records: in no snapshot, and left alone by `Store.load`.

    Changes have versions: each has a higher one than every change that was committed before it, and none
    with a lower one appears later. Every method may raise `StoreUnavailable` (in bounded time) or
    `StoreQueryFailed`.
    """

    async def changes(self, since: int = 0) -> KeyChanges:
        """The keys with a version above `since`, in the order of their versions: with 0, all there are.

        The highest version is below `since` only where this is not what was asked before.
        """
        ...

    async def put(self, key: ApiKey) -> ApiKey:
        """Keep `key` if its version is still the one that is kept, 0 for a new one; with its new version.

        Its last use stays as it is kept. Raises `VersionConflict`, `RecordExists` where the id is taken and
        `NotFound` where it is unknown.
        """
        ...

    async def revoke_all(self, now: datetime) -> int:
        """Revoke every key that is not revoked, in one step; the number of them."""
        ...

    async def note_uses(self, uses: Mapping[str, datetime]) -> None:
        """Keep when keys, by their ids, were last used, where that is later than what is kept."""
        ...

    async def forget(self, ended_before: datetime) -> None:
        """Remove keys that were revoked, or expired, before then; versions go on from the highest."""
        ...


class Store(Protocol):
    """Where records are kept, for a fixed set of resources."""

    async def open(self) -> None:
        """Make the store usable; raises `StoreUnavailable` or `StoreSchemaMismatch`, changing nothing."""
        ...

    async def close(self) -> None:
        """Finish what was accepted and let everything go; afterwards every call is `StoreUnavailable`."""
        ...

    def ping(self) -> MaybeAwaitable[None]:
        """Return if the store can answer now; writes nothing; raises `StoreUnavailable` in bounded time."""
        ...

    def collection(self, resource: Resource) -> Collection:
        """The collection of one of the store's resources."""
        ...

    def api_keys(self) -> ApiKeys:
        """The API keys of the deployment; usable while the store is open."""
        ...

    def transact(
        self, writes: Sequence[Write], *, key: IdempotencyKey | None = None, dry_run: bool = False
    ) -> MaybeAwaitable[Sequence[Written]]:
        """Make all of `writes` in one transaction, or none of them; what each left behind.

        They are made in their order, and later ones see what earlier ones did. Raises `WriteRefused`
        where one of them finds no record, another version, an id that is taken or values that another
        record has; `WriteContention` where other transactions stood in the way each time;
        `TransactionTooLarge`. After a dry run nothing of it is left. A `key` is kept as that of a single
        write is, with what all of them left behind.
        """
        ...

    async def load(
        self, batches: AsyncIterable[tuple[Resource, Sequence[Record]]], *, replace: bool
    ) -> int:
        """Keep whole records, each with the id, version, times and owner it has; the number of them.

        All of them are kept or none: also when `batches` raises, and that error is passed on. Raises
        `RecordRefused` for one that breaks a unique key or has the id of another, `RecordOrphaned` for one
        that refers to a record that is not among them, and `StoreNotEmpty` if the store holds any,
        unless `replace`, which removes them first, and
        with them the keys and the versions of deleted records. It takes as long as it takes.
        """
        ...


@runtime_checkable
class Migratable(Protocol):
    """A store whose tables can be made to fit the declared resources while no service uses it."""

    async def migrate(self, *, only_plan: bool) -> Sequence[str]:
        """Make them fit; the statements that did, or with `only_plan` those that would, changing nothing.

        Of several who migrate at once one does it, and the others find nothing left to do. Raises
        `StoreUnavailable`, and `StoreSchemaMismatch` where something would be lost: nothing was changed.
        """
        ...


class SystemReading(msgspec.Struct, frozen=True):
    """The machine's memory and processors, or the container's where a cgroup limits them."""

    memory_used_mb: float
    memory_total_mb: float
    memory_usage_percent: float
    cpu_count: int


class SystemMonitor(Protocol):
    """Reads the machine's state; cheap enough for every health probe."""

    def read(self) -> SystemReading:
        """The latest reading, at most a second old."""
        ...


class Exposition(Protocol):
    """Renders every metric for a scrape."""

    def render(self, *, openmetrics: bool) -> tuple[str, bytes]:
        """The content type and the text, as OpenMetrics 1.0 or in Prometheus' own format 0.0.4."""
        ...


class RateLimiter(Protocol):
    """Counts requests by client; in any window of the length set a client passes at most `limit` times."""

    limit: int
    window: float

    async def open(self) -> None:
        """Make counting possible; raises `LimiterRefused` where only an operator can.

        An outage is no error here: what counts elsewhere says so when it is asked.
        """
        ...

    async def close(self) -> None:
        """Let everything go."""
        ...

    def hit(self, client: str, cost: int = 1) -> MaybeAwaitable[Decision]:
        """Count `cost` requests of `client` if all of them may pass, else none, and say which.

        Hits of one client are decided in the order in which they come. One that does not fit uses nothing,
        so a cheaper one after it may pass; a cost above the limit never passes. Raises `ValueError` for a
        cost below 1, and `LimiterUnavailable`, in bounded time, where nothing can be counted now.
        """
        ...


class TokenVerifier(Protocol):
    """Verifies bearer tokens, and gives the identity in each."""

    def known(self, name: str) -> Identity | None:
        """Whom a token speaks of that was verified under `name` and still holds; a look-up."""
        ...

    async def verify(self, token: str, name: str) -> Identity:
        """Whom `token` speaks of; raises `Unauthenticated`, or `KeysUnavailable` in bounded time.

        From then on it is known under `name`: a text that holds the whole token.
        """
        ...
