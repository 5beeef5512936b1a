"""Queries that need no waiting, observed: apart from the rest, for they alone are compiled."""

from collections.abc import Callable
from typing import Generic, TypeVar

from estuary.core.errors import IdempotencyKeyInFlight, IdempotencyKeyReused, NotFound, VersionConflict
from estuary.core.measurements import StoreQueried
from estuary.core.ports import Observer

First = TypeVar("First")
Second = TypeVar("Second")
Answer = TypeVar("Answer")

ANSWERS = (NotFound, VersionConflict, IdempotencyKeyReused, IdempotencyKeyInFlight)
"""Errors that say how it is: the store did what it was asked."""


class ObservedNow(Generic[First, Second, Answer]):
    """Calls `query`, an `operation` on one `resource`, and gives one `StoreQueried` each time."""

    def __init__(
        self,
        operation: str,
        query: Callable[[First, Second], Answer],
        resource: str,
        observe: Observer,
        monotonic: Callable[[], float],
    ) -> None:
        self._operation = operation
        self._query = query
        self._resource = resource
        self._observe = observe
        self._monotonic = monotonic

    def __call__(self, first: First, second: Second, /) -> Answer:
        """What the query gives; raises what it raises."""
        started = self._monotonic()
        succeeded = False
        try:
            answer = self._query(first, second)
            succeeded = True
        except ANSWERS:
            succeeded = True
            raise
        finally:
            duration = self._monotonic() - started
            self._observe(StoreQueried(self._operation, self._resource, duration, succeeded))
        return answer
