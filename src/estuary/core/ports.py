"""The ports: what Estuary needs from the world, and what each side promises."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from estuary.core.observations import Observation
from estuary.core.record import Position, Record
from estuary.core.resource import Resource


class Clock(Protocol):
    """Where times come from."""

    def now(self) -> datetime:
        """The current time, in UTC, with microseconds."""
        ...

    def monotonic(self) -> float:
        """Seconds since some fixed moment; never goes back."""
        ...


class Observer(Protocol):
    """Takes each observation as it happens; returns fast and never raises."""

    def __call__(self, observation: Observation, /) -> None:
        """Take note of `observation`."""
        ...


class Collection(Protocol):
    """The records of one resource.

    The order of a collection is `Position`: created_at ascending, ties by id as plain characters.
    Every method may raise `StoreUnavailable` (in bounded time) or `StoreQueryFailed`.
    A write that returned is durable, unless the store says it never is.
    """

    async def insert(self, record: Record) -> None:
        """Keep a new record, whose id no other has ever had."""
        ...

    async def get(self, record_id: str) -> Record:
        """The record; raises `NotFound`."""
        ...

    async def update(
        self,
        record_id: str,
        changes: Mapping[str, Any],
        updated_at: datetime,
        expected_version: int | None = None,
    ) -> Record:
        """Set the given fields and `updated_at`, add one to the version, give back the whole record.

        With `expected_version` only that version is changed: of any number of concurrent writers that
        expect the same one, exactly one succeeds. Raises `NotFound`, `VersionConflict`.
        """
        ...

    async def delete(self, record_id: str, expected_version: int | None = None) -> None:
        """Remove the record; raises `NotFound`, `VersionConflict` as `update` does."""
        ...

    async def slice(self, offset: int, limit: int) -> tuple[Sequence[Record], int]:
        """Up to `limit` records from the `offset`-th on, and the exact number of all records."""
        ...

    async def page(self, after: Position | None, limit: int) -> Sequence[Record]:
        """Up to `limit` records that come after a position; its cost does not grow with the table."""
        ...

    async def count(self) -> int:
        """The exact number of records, without looking at each."""
        ...


class Store(Protocol):
    """Where records are kept, for a fixed set of resources."""

    async def open(self) -> None:
        """Make the store usable; raises `StoreUnavailable` or `StoreSchemaMismatch`, changing nothing."""
        ...

    async def close(self) -> None:
        """Finish what was accepted and let everything go; afterwards every call is `StoreUnavailable`."""
        ...

    async def ping(self) -> None:
        """Return if the store can answer now; writes nothing; raises `StoreUnavailable` in bounded time."""
        ...

    def collection(self, resource: Resource) -> Collection:
        """The collection of one of the store's resources."""
        ...


class SystemReading(msgspec.Struct, frozen=True):
    """The machine's memory and processors, or the container's where a cgroup limits them."""

    memory_used_mb: float
    memory_total_mb: float
    memory_usage_percent: float
    cpu_count: int


class SystemMonitor(Protocol):
    """Tells how the machine is doing; cheap enough to ask at every health probe."""

    def read(self) -> SystemReading:
        """The latest reading, at most a second old."""
        ...


class Exposition(Protocol):
    """Renders every metric for a scrape."""

    def render(self, accept: str) -> tuple[str, bytes]:
        """The content type and the text, in the format that `accept` (an Accept header) asks for."""
        ...


class Decision(msgspec.Struct, frozen=True, gc=False):
    """A rate limiter's answer: whether this request may pass, and how many more may at once.

    `resets_in`: seconds until more of the allowance is there than now; when refused, until one more
    request passes.
    """

    allowed: bool
    remaining: int
    resets_in: float


class RateLimiter(Protocol):
    """Counts requests by client; in any window of the length set a client passes at most `limit` times."""

    limit: int
    window: float

    async def hit(self, client: str) -> Decision:
        """Count a request of `client` if it may pass, and say so."""
        ...
