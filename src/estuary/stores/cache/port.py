"""The port of the cached store to its cache."""

from typing import Protocol

import msgspec

from estuary.core.awaiting import MaybeAwaitable
from estuary.core.record import Record
from estuary.core.resource import Resource


class Miss(msgspec.Struct, frozen=True):
    """The record is not cached. A caller that then reads it may have it cached under `ticket`.

    Two misses of one id have the same ticket only if no write to the record ended between them, as far as
    the cache knows. With None nothing is cached.
    """

    ticket: object


class RecordCache(Protocol):
    """A cache of one resource's recently read records.

    No method raises: an unavailable cache misses every record. Each ends in bounded time.
    """

    def look(self, record_id: str, /) -> MaybeAwaitable[Record | Miss]:
        """The record if it is cached."""
        ...

    async def keep(self, miss: Miss, record: Record, /) -> None:
        """Cache the record that was read after `miss`, unless a write to it has ended since, anywhere."""
        ...

    async def forget(self, record_id: str, /) -> None:
        """A write to the record has ended, or may have: from now on nothing older is given or kept."""
        ...

    async def clear(self) -> None:
        """Forget every record."""
        ...


class Caches(Protocol):
    """A cache for each resource, and what they have in common."""

    async def open(self) -> None:
        """Make them usable; raises `StoreUnavailable` where they never will be as they are configured."""
        ...

    async def close(self) -> None:
        """Let go of what they hold."""
        ...

    def of(self, resource: Resource, /) -> RecordCache:
        """The cache of `resource`."""
        ...
