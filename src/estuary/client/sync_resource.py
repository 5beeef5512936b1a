"""Resources and their queries, for the synchronous client."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Generic, Protocol, TypeVar, overload

from estuary.client.asking import MOST_A_PAGE, Asked, Question, Walk
from estuary.client.calls import Calls
from estuary.client.conditions import Condition
from estuary.client.exchange import Steps
from estuary.client.records import Page, Record
from estuary.client.writes import Options

T = TypeVar("T")
S = TypeVar("S")


class Runner(Protocol):
    """What carries out the steps of calls: the client."""

    def run(self, steps: Steps[S]) -> S:
        """What the call gives."""
        ...


class Resource(Generic[T]):
    """The records of one resource.

    In every write, `version` is the one that the record is expected to have, `validate_only` tries the
    write and keeps nothing, `idempotency_key` is that of an earlier call without an answer (`NoAnswer`).
    """

    def __init__(self, client: Runner, calls: Calls[T]) -> None:
        self._client = client
        self.calls: Final = calls

    def all(self) -> "Query[T]":
        """All records, the oldest first."""
        return self.where()

    def where(self, *conditions: Condition, **comparisons: Any) -> "Query[T]":
        """Records that hold these conditions: `pages__gte=100`, `binding__in=["paper"]`, `note=None`."""
        calls = self.calls
        asked = Asked(calls.path, calls.codec, calls.patience)
        return Query(self._client, asked).where(*conditions, **comparisons)

    def get(self, record_id: str, /, *, expand: Sequence[str] = ()) -> Record[T]:
        """The record with this id; raises `NotFound`."""
        return self._client.run(self.calls.read(self.calls.at(record_id), expand))

    def get_by(
        self, field: str, value: Any, /, *, expand: Sequence[str] = (), owner: str | None = None
    ) -> Record[T]:
        """The record with this value of a unique field; raises `NotFound`."""
        return self._client.run(self.calls.read(self.calls.at_value(field, value), expand, owner))

    def create(
        self,
        value: T,
        /,
        *,
        id: str | None = None,  # noqa: A002 (what the field is called)
        validate_only: bool = False,
        idempotency_key: str | None = None,
    ) -> Record[T]:
        """A new record; under an `id` that is taken, `PreconditionFailed`."""
        options = Options(None, validate_only, None, idempotency_key)
        return self._client.run(self.calls.create(value, id, options))

    def replace(
        self,
        record_id: str,
        value: T,
        /,
        *,
        version: int | None = None,
        validate_only: bool = False,
        idempotency_key: str | None = None,
    ) -> Record[T]:
        """Give the record this value, whatever it had: None clears a field."""
        options = Options(version, validate_only, None, idempotency_key)
        return self._client.run(self.calls.replace(record_id, value, options))

    def patch(
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
        """Change the fields that are named, here or in `changes`: None clears one (RFC 7396).

        An object that is no Struct is merged into the one that is there.
        """
        options = Options(version, validate_only, None, idempotency_key)
        return self._client.run(
            self.calls.patch(self.calls.at(record_id), {**(changes or {}), **fields}, options)
        )

    def patch_by(
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
        """The same of the record with this value of a unique field."""
        options = Options(version, validate_only, owner, idempotency_key)
        return self._client.run(self.calls.patch(self.calls.at_value(field, value), changes, options))

    def upsert_by(
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
        """Change the record that has the value's own unique `field`, or create it where there is none.

        Where there is one, what is None in `value` stays as it is.
        """
        options = Options(version, validate_only, owner, idempotency_key)
        return self._client.run(self.calls.upsert(field, value, options))

    def edit(self, record_id: str, change: Callable[[T], T], /, *, attempts: int = 10) -> Record[T]:
        """Read the record, have `change` make a new value of its own, and write what differs.

        Nothing of others is overwritten: where one was first, it is read and changed again. After so many
        `attempts`, `PreconditionFailed`.
        """
        return self._client.run(self.calls.edit(record_id, change, attempts))

    def delete(
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
        self._client.run(self.calls.delete(self.calls.at(record_id), options))

    def delete_by(
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
        self._client.run(self.calls.delete(self.calls.at_value(field, value), options))


class Query(Question[T, Runner]):
    """A list of records that hold conditions; requested again, page by page, at each iteration."""

    @overload
    def fields(self, value_type: type[S], /) -> "Query[S]": ...
    @overload
    def fields(self, *names: str) -> "Query[dict[str, Any]]": ...
    def fields(self, *shown: Any) -> "Query[Any]":
        """With fewer fields: those of a type, as which records are then read, or those named."""
        return Query(self._client, self._asked.cut_to(shown))

    def __iter__(self) -> Iterator[Record[T]]:
        for page in self.pages():
            yield from page

    def pages(self, size: int = MOST_A_PAGE, *, after: str = "") -> Iterator[Page[T]]:
        """Page by page, from the cursor `after` on: an earlier page's `next_cursor`."""
        walk = Walk(self._asked, size, after)
        while (steps := walk.next_page()) is not None:
            yield self._client.run(steps)

    def first(self) -> Record[T] | None:
        """The first record; None where there is none."""
        page = self._client.run(self._asked.page(1, ""))
        return page.records[0] if page.records else None

    def count(self, *, limited: bool = False) -> int:
        """How many records there are; with `limited`, 10,000 stand for so many or more."""
        return self._client.run(self._asked.count(limited=limited))
