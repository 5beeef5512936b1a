"""What the cached store needs of a cache."""

from typing import NamedTuple, Protocol

from estuary.core.awaiting import MaybeAwaitable
from estuary.core.record import Record
from estuary.core.resource import Resource


class Miss(NamedTuple):
    """There is nothing at hand. A caller that then reads the record may have it kept under `ticket`.

    Two misses of one id have the same ticket only if no write to the record ended between them, as far as
    the cache knows. None lets nothing be kept.
    """

    ticket: object


class RecordCache(Protocol):
    """The records of one resource that were read lately.

    No method raises: a cache that cannot be had has nothing at hand. Each ends in bounded time.
    """

    def look(self, record_id: str, /) -> MaybeAwaitable[Record | Miss]:
        """The record if it is at hand."""
        ...

    async def keep(self, miss: Miss, record: Record, /) -> None:
        """Have at hand what was read after `miss`; not if a write to it has ended since, anywhere."""
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
