"""Point reads that need no waiting, observed: apart from the rest, for they alone are compiled."""

from collections.abc import Callable

from estuary.core.errors import IdempotencyKeyInFlight, IdempotencyKeyReused, NotFound, VersionConflict
from estuary.core.observations import StoreQueried
from estuary.core.ports import ImmediateReads, Observer
from estuary.core.record import Record

ANSWERS = (NotFound, VersionConflict, IdempotencyKeyReused, IdempotencyKeyInFlight)
"""Errors that say how it is: the store did what it was asked."""


class ObservedReads:
    """Implements `ImmediateReads` with `reads`; every call gives one `StoreQueried`."""

    def __init__(
        self, reads: ImmediateReads, resource: str, observe: Observer, monotonic: Callable[[], float]
    ) -> None:
        self._get_now = reads.get_now
        self._resource = resource
        self._observe = observe
        self._monotonic = monotonic

    def get_now(self, record_id: str, owner: str | None = None) -> Record:
        """Observe `get`, which this is to everybody who counts."""
        started = self._monotonic()
        succeeded = False
        try:
            record = self._get_now(record_id, owner)
            succeeded = True
        except ANSWERS:
            succeeded = True
            raise
        finally:
            duration = self._monotonic() - started
            self._observe(StoreQueried("get", self._resource, duration, succeeded))
        return record
