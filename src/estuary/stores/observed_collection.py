"""A collection whose every query is observed: those answered at once here, the others elsewhere.

Apart from `observed.py`, which holds coroutines: this module is compiled.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar, cast

from estuary.core.awaiting import MaybeAwaitable
from estuary.core.errors import (
    IdempotencyKeyInFlight,
    IdempotencyKeyReused,
    NotFound,
    QueriesWaiting,
    QueryTooExpensive,
    QueryUnsupported,
    RecordExists,
    Referenced,
    ReferenceMissing,
    UniqueConflict,
    VersionConflict,
    WriteContention,
    WriteRefused,
)
from estuary.core.measurements import StoreQueried
from estuary.core.ports import Collection, Observer
from estuary.core.queries.query import ListQuery, ListResult
from estuary.core.queries.uniques import UniqueKey
from estuary.core.record import Record, Written
from estuary.core.writes.writes import UNCONDITIONAL, WriteOptions

Answer = TypeVar("Answer")

ANSWERS = (
    NotFound,
    VersionConflict,
    RecordExists,
    WriteContention,
    UniqueConflict,
    ReferenceMissing,
    Referenced,
    IdempotencyKeyReused,
    IdempotencyKeyInFlight,
    WriteRefused,
    QueriesWaiting,
    QueryTooExpensive,
    QueryUnsupported,
)
"""Errors that say how it is: the store did what it was asked."""


class ObserveLater(Protocol):
    """Observes a query that has to be waited for."""

    def __call__(self, operation: str, query: Awaitable[Answer], /) -> Awaitable[Answer]:
        """The result of `query`."""
        ...


class ObservedCollection:
    """Implements `Collection` with another one; every call gives one observation.

    That is a `StoreQueried`, or a `StoreQueryCancelled` where the caller did not wait for the answer.
    """

    def __init__(
        self,
        collection: Collection,
        resource: str,
        observe: Observer,
        monotonic: Callable[[], float],
        later: ObserveLater,
    ) -> None:
        self._resource = resource
        self._observe = observe
        self._monotonic = monotonic
        self._later = later
        self._insert = collection.insert
        self._get = collection.get
        self._find = collection.find
        self._update = collection.update
        self._delete = collection.delete
        self._list = collection.list
        self._count = collection.count

    def insert(self, record: Record, options: WriteOptions = UNCONDITIONAL) -> MaybeAwaitable[Written]:
        """Observe `insert`."""
        started = self._monotonic()
        try:
            return self._settled("insert", started, self._insert(record, options))
        except Exception as error:
            self._failed("insert", started, error)
            raise

    def get(self, record_id: str, owner: str | None = None) -> MaybeAwaitable[Record]:
        """Observe `get`."""
        started = self._monotonic()
        try:
            return self._settled("get", started, self._get(record_id, owner))
        except Exception as error:
            self._failed("get", started, error)
            raise

    def find(
        self, key: UniqueKey, values: Sequence[Any], owner: str | None = None
    ) -> MaybeAwaitable[ListResult]:
        """Observe `find`."""
        started = self._monotonic()
        try:
            return self._settled("find", started, self._find(key, values, owner))
        except Exception as error:
            self._failed("find", started, error)
            raise

    def update(
        self,
        record_id: str,
        changes: Mapping[str, Any],
        updated_at: datetime,
        options: WriteOptions = UNCONDITIONAL,
    ) -> MaybeAwaitable[Written]:
        """Observe `update`."""
        started = self._monotonic()
        try:
            return self._settled("update", started, self._update(record_id, changes, updated_at, options))
        except Exception as error:
            self._failed("update", started, error)
            raise

    def delete(self, record_id: str, options: WriteOptions = UNCONDITIONAL) -> MaybeAwaitable[Written]:
        """Observe `delete`."""
        started = self._monotonic()
        try:
            return self._settled("delete", started, self._delete(record_id, options))
        except Exception as error:
            self._failed("delete", started, error)
            raise

    def list(self, query: ListQuery) -> MaybeAwaitable[ListResult]:
        """Observe `list`, by offset as a slice, by cursor as a page."""
        operation = "page" if query.offset is None else "slice"
        started = self._monotonic()
        try:
            return self._settled(operation, started, self._list(query))
        except Exception as error:
            self._failed(operation, started, error)
            raise

    def count(self, owner: str | None = None) -> MaybeAwaitable[int]:
        """Observe `count`."""
        started = self._monotonic()
        try:
            return self._settled("count", started, self._count(owner))
        except Exception as error:
            self._failed("count", started, error)
            raise

    def _settled(
        self, operation: str, started: float, answer: MaybeAwaitable[Answer]
    ) -> MaybeAwaitable[Answer]:
        # Native classes are checked fastest; a tuple of all four would be made and searched.
        native = isinstance(answer, Record) or isinstance(answer, Written)  # noqa: SIM101 - see above
        if not native and not isinstance(answer, (ListResult, int)):
            return self._later(operation, cast("Awaitable[Answer]", answer))
        duration = self._monotonic() - started
        self._observe(StoreQueried(operation, self._resource, duration, succeeded=True))
        return answer

    def _failed(self, operation: str, started: float, error: Exception) -> None:
        duration = self._monotonic() - started
        self._observe(StoreQueried(operation, self._resource, duration, isinstance(error, ANSWERS)))
