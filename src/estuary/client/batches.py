"""Batches: writes that are collected, and sent to be made in one transaction."""

from collections.abc import Callable, Mapping
from typing import Any, Generic, Protocol, TypeVar

from estuary.client.calls import Calls
from estuary.client.errors import Refused
from estuary.client.exchange import RetryPolicy, Steps, exchange
from estuary.client.identifiers import new_id
from estuary.client.records import Record
from estuary.client.values import fields_of
from estuary.client.writes import (
    Options,
    Result,
    Write,
    batched,
    deleting,
    reading_answer,
    results_in,
    setting,
    written,
)

T = TypeVar("T")
R = TypeVar("R")


class HasCalls(Protocol[T]):
    """A resource of either client."""

    @property
    def calls(self) -> Calls[T]:
        """The calls on it."""
        ...


class Pending(Generic[R]):
    """The result of one write of a batch, once that is sent.

    `id` is the record's, where the write has it: a later write of the batch may refer to it.
    """

    def __init__(self, record_id: str | None, read: Callable[[Result], R]) -> None:
        self._id = record_id
        self._read = read
        self._results: list[R] = []

    @property
    def id(self) -> str:
        """The record's id; raises `ValueError` where the write names the record by a value."""
        if self._id is None:
            raise ValueError("the record is named by a value: its id is in the result")
        return self._id

    @property
    def result(self) -> R:
        """The result; raises `ValueError` before the batch is sent."""
        if not self._results:
            raise ValueError("the batch has not been sent")
        return self._results[0]

    def settle(self, result: Result) -> None:
        """Called by the batch with the write's result."""
        self._results = [self._read(result)]


class Collected:
    """The writes of a batch, in their order; all are made, or none."""

    def __init__(self, retry_policy: RetryPolicy) -> None:
        self._retry_policy = retry_policy
        self._writes: list[Write] = []
        self._pending: list[Pending[Any]] = []
        """For each write, what its result goes to: one of these may be several writes."""
        self._sent = False

    def create(self, resource: HasCalls[T], value: T, /, *, id: str | None = None) -> Pending[Record[T]]:  # noqa: A002 (what the field is called)
        """Create a record, under `id` or a new one that `Pending.id` gives at once."""
        calls, record_id = resource.calls, id or new_id()
        return self._add(record_id, _reads(calls), calls.creation(value, record_id))

    def replace(
        self, resource: HasCalls[T], record_id: str, value: T, /, *, version: int | None = None
    ) -> Pending[Record[T]]:
        """Replace the record's value."""
        calls = resource.calls
        return self._add(record_id, _reads(calls), *setting(calls.at(record_id), fields_of(value), version))

    def patch(
        self,
        resource: HasCalls[T],
        record_id: str,
        changes: Mapping[str, Any] | None = None,
        /,
        *,
        version: int | None = None,
        **fields: Any,
    ) -> Pending[Record[T]]:
        """Change the named fields; None clears one."""
        calls = resource.calls
        return self._add(
            record_id,
            _reads(calls),
            calls.change(calls.at(record_id), {**(changes or {}), **fields}, version),
        )

    def upsert_by(self, resource: HasCalls[T], field: str, value: T, /) -> Pending[Record[T]]:
        """Update the record with the value's own unique `field`, or create it."""
        calls = resource.calls
        return self._add(None, _reads(calls), calls.upserting(field, value, None))

    def delete(
        self, resource: HasCalls[T], record_id: str, /, *, version: int | None = None
    ) -> Pending[None]:
        """Delete the record."""
        return self._add(record_id, lambda _: None, deleting(resource.calls.at(record_id), version))

    def steps(self, options: Options) -> Steps[None]:
        """Send the writes, if there are any; raises `ValueError` if they have been made.

        They can be tried (`validate_only`) before they are made.
        """
        if self._sent:
            raise ValueError("the batch has been sent")
        if self._writes:
            request = batched(self._writes, options)
            try:
                answer = yield from exchange(request, self._retry_policy)
            except Refused as refused:
                self._count_as_collected(refused)
                raise
            with reading_answer(request):
                results = results_in(answer, len(self._writes))
                for pending, result in zip(self._pending, results, strict=True):
                    pending.settle(result)
        self._sent = not options.validate_only

    def _add(self, record_id: str | None, read: Callable[[Result], R], *writes: Write) -> Pending[R]:
        pending = Pending(record_id, read)
        self._writes += writes
        self._pending += [pending] * len(writes)
        return pending

    def _count_as_collected(self, refused: Refused) -> None:
        """Count the refused operation as the caller does: a `replace` may be two of the request's."""
        if refused.operation is not None and refused.operation < len(self._pending):
            before = self._pending[: refused.operation + 1]
            refused.operation = len(dict.fromkeys(map(id, before))) - 1


def _reads(calls: Calls[T]) -> Callable[[Result], Record[T]]:
    return lambda result: written(calls.codec, result)
