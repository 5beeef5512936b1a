"""Batches: writes that are collected, and made in one transaction."""

from collections.abc import Callable, Mapping
from typing import Any, Generic, Protocol, TypeVar

from estuary.client.calls import Calls
from estuary.client.errors import Refused
from estuary.client.exchange import Patience, Steps, exchange
from estuary.client.identifiers import new_id
from estuary.client.records import Record
from estuary.client.values import fields_of
from estuary.client.writes import Options, Result, Write, batched, deleting, results_in, setting, written

T = TypeVar("T")
R = TypeVar("R")


class HasCalls(Protocol[T]):
    """A resource of either client."""

    @property
    def calls(self) -> Calls[T]:
        """The calls on it."""
        ...


class Pending(Generic[R]):
    """What will have come of one write, when the batch is sent.

    `id` is the record's, where the write names it: a later write of the batch may refer to it.
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
        """What came of it; raises `ValueError` before the batch is sent."""
        if not self._results:
            raise ValueError("the batch has not been sent")
        return self._results[0]

    def settle(self, result: Result) -> None:
        """For the batch: this came of it."""
        self._results = [self._read(result)]


class Collected:
    """The writes of a batch, in their order; all are made, or none."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._writes: list[Write] = []
        self._pending: list[Pending[Any]] = []
        """For each of the writes, whose it is."""
        self._sent = False

    def create(self, resource: HasCalls[T], value: T, /, *, id: str | None = None) -> Pending[Record[T]]:  # noqa: A002 (what the field is called)
        """A new record, whose id is chosen here."""
        calls, record_id = resource.calls, id or new_id()
        return self._add(record_id, _reads(calls), calls.creation(value, record_id))

    def replace(
        self, resource: HasCalls[T], record_id: str, value: T, /, *, version: int | None = None
    ) -> Pending[Record[T]]:
        """The record has this value, whatever it had."""
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
        """The record with these changes; None clears a field."""
        calls = resource.calls
        return self._add(
            record_id,
            _reads(calls),
            calls.change(calls.at(record_id), {**(changes or {}), **fields}, version),
        )

    def upsert_by(self, resource: HasCalls[T], field: str, value: T, /) -> Pending[Record[T]]:
        """The record with the value's own `field` is changed, or created."""
        calls = resource.calls
        return self._add(None, _reads(calls), calls.upserting(field, value, None))

    def delete(
        self, resource: HasCalls[T], record_id: str, /, *, version: int | None = None
    ) -> Pending[None]:
        """The record is gone."""
        return self._add(record_id, lambda _: None, deleting(resource.calls.at(record_id), version))

    def steps(self, options: Options) -> Steps[None]:
        """Send what was collected, if anything; raises `ValueError` where that was done."""
        if self._sent:
            raise ValueError("the batch has been sent")
        if self._writes:
            try:
                answer = yield from exchange(batched(self._writes, options), self._patience)
            except Refused as refused:
                self._count_as_collected(refused)
                raise
            results = results_in(answer, len(self._writes))
            for pending, result in zip(self._pending, results, strict=True):
                pending.settle(result)
        self._sent = True

    def _add(self, record_id: str | None, read: Callable[[Result], R], *writes: Write) -> Pending[R]:
        pending = Pending(record_id, read)
        self._writes += writes
        self._pending += [pending] * len(writes)
        return pending

    def _count_as_collected(self, refused: Refused) -> None:
        """Have the refusal name the place among what was collected: one of these may be two operations."""
        if refused.operation is not None and refused.operation < len(self._pending):
            before = self._pending[: refused.operation + 1]
            refused.operation = len(dict.fromkeys(map(id, before))) - 1


def _reads(calls: Calls[T]) -> Callable[[Result], Record[T]]:
    return lambda result: written(calls.codec, result)
