"""Writes that have to be waited for: those with a key, with a precondition, or to a store that takes time.

Apart from `record_service.py`, which is compiled and so holds no coroutines.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec.structs import replace

from estuary.core.awaiting import MaybeAwaitable, settled
from estuary.core.errors import (
    EstuaryError,
    IdempotencyKeyInFlight,
    IdempotencyKeyReused,
    NotFound,
    VersionConflict,
)
from estuary.core.observations import Observation
from estuary.core.record import Place, Record, Written
from estuary.core.service_context import ServiceContext
from estuary.core.writes.contention import Attempts
from estuary.core.writes.writes import NO_VERSION, IdempotencyKey, WriteOptions

VersionPredicate = Callable[[int], bool]
"""Whether a write may be made to a record of this version."""

Write = Callable[..., MaybeAwaitable[Written]]
"""A collection's write; it takes its options last."""


class PendingWrites:
    """Makes the writes of the resource of this name; of those with the same key, one at a time."""

    def __init__(self, resource: str, insert: Write, context: ServiceContext) -> None:
        self._resource = resource
        self._insert = insert
        self._attempts = context.attempts
        self._observe = context.observe
        self._keys_in_flight: set[tuple[str, str, str]] = set()

    async def reported(self, write: Awaitable[Written], observation: Observation) -> Written:
        """The outcome of `write`, with an observation unless it changed nothing."""
        written = await write
        if written.made:
            self._observe(observation)
        return written

    async def create(self, record: Record, options: WriteOptions) -> Written:
        """Keep a new record, with a key once; raises `IdempotencyKeyReused`, `IdempotencyKeyInFlight`."""
        written = await self.write(self._insert, (record,), options)
        self._demand_owner(written, record.owner)
        return written

    async def made_before(
        self, write: Write, arguments: tuple[Any, ...], options: WriteOptions, refusal: EstuaryError
    ) -> Written:
        """What an earlier create with the same key left; raises `refusal` where there was none.

        `write` changes the record `NO_RECORD`, which no store has: its outcome depends on the key alone.
        """
        try:
            written = await self.write(write, arguments, replace(options, expected_version=NO_VERSION))
        except NotFound:
            raise refusal from refusal.__cause__
        self._demand_owner(written, options.owner or "")
        return written

    def _demand_owner(self, written: Written, owner: str) -> None:
        if written.replayed and (written.record is None or written.record.owner != owner):
            # A release that kept keys without their owners may have kept this one, for another owner.
            raise IdempotencyKeyReused

    async def write(
        self,
        write: Write,
        arguments: tuple[Any, ...],
        options: WriteOptions,
        precondition: VersionPredicate | None = None,
    ) -> Written:
        """Write to a version that meets the precondition; with a key one at a time."""
        if precondition is not None:
            with self._attempts() as attempts:
                return await self._meeting(precondition, options, write, arguments, attempts)
        if options.key is not None:
            return await self._once(options.key, options, write, arguments)
        return await settled(write(*arguments, options))

    async def _once(
        self, key: IdempotencyKey, options: WriteOptions, write: Write, arguments: tuple[Any, ...]
    ) -> Written:
        """Raises `IdempotencyKeyInFlight` for a key that another request of this process is at."""
        place = key.place
        if place in self._keys_in_flight:
            raise IdempotencyKeyInFlight
        self._keys_in_flight.add(place)
        try:
            return await settled(write(*arguments, options))
        finally:
            self._keys_in_flight.discard(place)

    async def _meeting(
        self,
        precondition: VersionPredicate,
        options: WriteOptions,
        write: Write,
        arguments: tuple[Any, ...],
        attempts: Attempts,
    ) -> Written:
        """Raises `VersionConflict` where the version that is there does not meet the precondition.

        The first attempt expects a version that never is, and so learns the current one from the store
        itself, not by some cache before it; or it learns that there is no record, or that this write was
        made before. Others may write in between: raises `WriteContention` where they do so each time.
        """
        expected = NO_VERSION
        while True:
            try:
                attempt = replace(options, expected_version=expected)
                return await self.write(write, arguments, attempt)
            except VersionConflict as conflict:
                if not precondition(conflict.current):
                    raise
                known, expected = expected, conflict.current
            if known != NO_VERSION:
                await attempts.lost(Place(self._resource, arguments[0]))
                expected = NO_VERSION
