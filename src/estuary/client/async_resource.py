"""Resources and their queries, for the asynchronous client."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Final, Generic, Protocol, TypeVar, overload

from estuary.client.calls import Calls
from estuary.client.conditions import Condition
from estuary.client.exchange import Steps
from estuary.client.queries import MOST_A_PAGE, ListQuery, PageWalk, QueryBuilder
from estuary.client.records import Page, Record
from estuary.client.writes import Options

T = TypeVar("T")
S = TypeVar("S")


class AsyncRunner(Protocol):
    """Carries out the steps of calls: the client."""

    async def run(self, steps: Steps[S]) -> S:
        """The result of the call."""
        ...


class AsyncResource(Generic[T]):
    """The records of one resource.

    In every write, `version` is the one that the record must have, `validate_only` checks the write and
    keeps nothing, and `idempotency_key` is that of an earlier call that had no answer (`NoAnswer`).
    """

    def __init__(self, client: AsyncRunner, calls: Calls[T]) -> None:
        self._client = client
        self.calls: Final = calls

    def all(self) -> "AsyncQuery[T]":
        """All records, the oldest first."""
        return self.where()

    def where(self, *conditions: Condition, **comparisons: Any) -> "AsyncQuery[T]":
        """Records that meet these conditions: `pages__gte=100`, `binding__in=["paper"]`, `note=None`."""
        calls = self.calls
        query = ListQuery(calls.path, calls.codec, calls.retry_policy)
        return AsyncQuery(self._client, query).where(*conditions, **comparisons)

    async def get(self, record_id: str, /, *, expand: Sequence[str] = ()) -> Record[T]:
        """The record with this id; raises `NotFound`."""
        return await self._client.run(self.calls.read(self.calls.at(record_id), expand))

    async def get_by(
        self, field: str, value: Any, /, *, expand: Sequence[str] = (), owner: str | None = None
    ) -> Record[T]:
        """The record with this value of a unique field; raises `NotFound`."""
        return await self._client.run(self.calls.read(self.calls.at_value(field, value), expand, owner))

    async def create(
        self,
        value: T,
        /,
        *,
        id: str | None = None,  # noqa: A002 (what the field is called)
        validate_only: bool = False,
        idempotency_key: str | None = None,
    ) -> Record[T]:
        """Create a record; raises `PreconditionFailed` if there is one with this `id`."""
        options = Options(None, validate_only, None, idempotency_key)
        return await self._client.run(self.calls.create(value, id, options))

    async def replace(
        self,
        record_id: str,
        value: T,
        /,
        *,
        version: int | None = None,
        validate_only: bool = False,
        idempotency_key: str | None = None,
    ) -> Record[T]:
        """Replace the record's value; a field that is None is cleared."""
        options = Options(version, validate_only, None, idempotency_key)
        return await self._client.run(self.calls.replace(record_id, value, options))

    async def patch(
        self,
        record_id: str,
        changes: Mapping[str, Any] | None = None,
        /,
        *,
        version: int | None = None,
        validate_only: bool = False,
        idempotency_key: str | None = None,
        **fields: Any,
    ) -> Record[T]:
        """Change the named fields, in `changes` or as keywords; None clears one (RFC 7396).

        An object is merged into the one that is there, unless it is a Struct.
        """
        options = Options(version, validate_only, None, idempotency_key)
        return await self._client.run(
            self.calls.patch(self.calls.at(record_id), {**(changes or {}), **fields}, options)
        )

    async def patch_by(
        self,
        field: str,
        value: Any,
        changes: Mapping[str, Any],
        /,
        *,
        version: int | None = None,
        owner: str | None = None,
        validate_only: bool = False,
        idempotency_key: str | None = None,
    ) -> Record[T]:
        """As `patch`, for the record with this value of a unique field."""
        options = Options(version, validate_only, owner, idempotency_key)
        return await self._client.run(self.calls.patch(self.calls.at_value(field, value), changes, options))

    async def upsert_by(
        self,
        field: str,
        value: T,
        /,
        *,
        version: int | None = None,
        owner: str | None = None,
        validate_only: bool = False,
        idempotency_key: str | None = None,
    ) -> Record[T]:
        """Update the record with the value's own unique `field`, or create it if there is none.

        An update leaves fields that are None in `value` as they are.
        """
        options = Options(version, validate_only, owner, idempotency_key)
        return await self._client.run(self.calls.upsert(field, value, options))

    async def edit(self, record_id: str, change: Callable[[T], T], /, *, attempts: int = 10) -> Record[T]:
        """Read the record, call `change` with its value, and write the fields that differ.

        The write expects the version that was read: if another came between, the record is read and changed
        again. Raises `PreconditionFailed` after so many `attempts`.
        """
        return await self._client.run(self.calls.edit(record_id, change, attempts))

    async def delete(
        self,
        record_id: str,
        /,
        *,
        version: int | None = None,
        validate_only: bool = False,
        idempotency_key: str | None = None,
    ) -> None:
        """Delete the record; raises `NotFound`."""
        options = Options(version, validate_only, None, idempotency_key)
        await self._client.run(self.calls.delete(self.calls.at(record_id), options))

    async def delete_by(
        self,
        field: str,
        value: Any,
        /,
        *,
        version: int | None = None,
        owner: str | None = None,
        validate_only: bool = False,
        idempotency_key: str | None = None,
    ) -> None:
        """Delete the record with this value of a unique field."""
        options = Options(version, validate_only, owner, idempotency_key)
        await self._client.run(self.calls.delete(self.calls.at_value(field, value), options))


class AsyncQuery(QueryBuilder[T, AsyncRunner]):
    """A query for records; each iteration requests it again, page by page."""

    @overload
    def fields(self, value_type: type[S], /) -> "AsyncQuery[S]": ...
    @overload
    def fields(self, *names: str) -> "AsyncQuery[dict[str, Any]]": ...
    def fields(self, *shown: Any) -> "AsyncQuery[Any]":
        """Selects fields: by name, or those of a type, which records are then read as."""
        return AsyncQuery(self._client, self._query.with_fields(shown))

    async def __aiter__(self) -> AsyncIterator[Record[T]]:
        async for page in self.pages():
            for record in page:
                yield record

    async def pages(self, size: int = MOST_A_PAGE, *, after: str = "") -> AsyncIterator[Page[T]]:
        """The pages, of at most `size` records, from the cursor `after` on (an earlier `next_cursor`)."""
        walk = PageWalk(self._query, size, after)
        while (steps := walk.next_page()) is not None:
            yield await self._client.run(steps)

    async def first(self) -> Record[T] | None:
        """The first record, or None."""
        page = await self._client.run(self._query.page(1, ""))
        return page.records[0] if page.records else None

    async def count(self, *, limited: bool = False) -> int:
        """How many records match; with `limited`, 10,000 means that many or more."""
        return await self._client.run(self._query.count(limited=limited))
