"""The calls on the records of one resource: their requests, and what their answers become."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Generic, TypeVar
from urllib.parse import quote, urlencode

from estuary.client.errors import PreconditionFailed, Refused, UnexpectedAnswer
from estuary.client.exchange import Pause, Request, RetryPolicy, Steps, back_off, exchange
from estuary.client.records import Codec, Record
from estuary.client.values import Fields, encoded, fields_of, spelled
from estuary.client.writes import (
    Options,
    Write,
    batched,
    creating,
    deleting,
    patching,
    reading_answer,
    results_in,
    setting,
    written,
)

T = TypeVar("T")

_NO_OPTIONS: Final = Options()


class Calls(Generic[T]):
    """The calls on the resource `name`, with values that `codec` reads."""

    def __init__(self, name: str, codec: Codec[T], retry_policy: RetryPolicy) -> None:
        self.path: Final = f"/api/v1/{_segment(name)}"
        self.codec: Final = codec
        self.retry_policy: Final = retry_policy

    def at(self, record_id: str) -> str:
        """The path of a record."""
        return f"{self.path}/{_segment(record_id)}"

    def at_value(self, field: str, value: Any) -> str:
        """The path of the record with this value of a unique field."""
        return f"{self.path}/by/{_segment(field)}/{_segment(spelled(value))}"

    def read(self, path: str, expand: Sequence[str] = (), owner: str | None = None) -> Steps[Record[T]]:
        """The record at `path`."""
        asked = {"expand": ",".join(expand)} if expand else {}
        if owner is not None:
            asked["owner"] = owner
        request = Request("GET", f"{path}?{urlencode(asked)}" if asked else path, {})
        answer = yield from exchange(request, self.retry_policy)
        # With `expand` the tag is made of the content.
        return self.codec.record(answer.body, None if expand else answer.headers.get("etag"))

    def create(self, value: T, record_id: str | None, options: Options) -> Steps[Record[T]]:
        """Create a record."""
        return self._make(self.creation(value, record_id), options)

    def replace(self, record_id: str, value: T, options: Options) -> Steps[Record[T]]:
        """Replace the record's value."""
        return self._make_together(setting(self.at(record_id), fields_of(value), options.version), options)

    def patch(self, path: str, changes: Mapping[str, Any], options: Options) -> Steps[Record[T]]:
        """Apply a merge patch to the record at `path`."""
        return self._make(self.change(path, changes, options.version), options)

    def upsert(self, field: str, value: T, options: Options) -> Steps[Record[T]]:
        """Update the record with the value's own unique `field`, or create it."""
        return self._make(self.upserting(field, value, options.version), options)

    def delete(self, path: str, options: Options) -> Steps[None]:
        """Delete the record at `path`."""
        request = deleting(path, options.version).alone(options)
        answer = yield from exchange(request, self.retry_policy)
        with reading_answer(request):
            if answer.status != 204:
                # Other answers hold a record, which cannot be read where a proxy's page came instead.
                raise UnexpectedAnswer(f"a delete is answered with 204, not with {answer.status}")

    def edit(self, record_id: str, change: Callable[[T], T], attempts: int) -> Steps[Record[T]]:
        """Read the record, change it, write it with If-Match; start over if another write came between."""
        path = self.at(record_id)
        tried = 1
        while True:
            record = yield from self.read(path)
            if record.version is None:
                raise UnexpectedAnswer("the answer has no ETag that is a version: does a proxy remove it?")
            changed = _changed(record.value, change)
            if not changed:
                return record
            writes = setting(path, changed, record.version)
            try:
                return (yield from self._make_together(writes, _NO_OPTIONS))
            except PreconditionFailed:
                if tried >= attempts:
                    raise
            yield Pause(back_off(tried))
            tried += 1

    def creation(self, value: T, record_id: str | None) -> Write:
        """The write of `create`."""
        return creating(self.path, fields_of(value), None if record_id is None else _segment(record_id))

    def change(self, path: str, changes: Mapping[str, Any], version: int | None) -> Write:
        """The write of `patch`; raises `TypeError` for an unknown field, which the service would ignore."""
        known = self.codec.names
        for name in changes:
            if known is not None and name not in known:
                raise TypeError(
                    f"{name} is no field of {self.codec.value_type.__name__}: {', '.join(known)} are"
                )
        return patching(path, dict(changes), version)

    def upserting(self, field: str, value: T, version: int | None) -> Write:
        """The write of `upsert`."""
        fields = fields_of(value)
        if fields.get(field) is None:
            raise ValueError(f"{field}: the value has none, and the record is to be found by it")
        tags = {} if version is None else {"If-Match": f'"{version}"'}
        return Write("PUT", self.at_value(field, fields[field]), tags, fields)

    def _make(self, write: Write, options: Options) -> Steps[Record[T]]:
        request = write.alone(options)
        answer = yield from exchange(request, self.retry_policy)
        with reading_answer(request):
            return written(self.codec, answer)

    def _make_together(self, writes: Sequence[Write], options: Options) -> Steps[Record[T]]:
        if len(writes) == 1:
            return (yield from self._make(writes[0], options))
        request = batched(writes, options)
        try:
            answer = yield from exchange(request, self.retry_policy)
        except Refused as refused:
            refused.operation = None  # the batch is an implementation detail
            raise
        with reading_answer(request):
            return written(self.codec, results_in(answer, len(writes))[-1])


def _changed(value: T, change: Callable[[T], T]) -> Fields:
    """The fields to which `change` gives new values, with those; it may change a value in place."""
    before = {name: encoded(each) for name, each in fields_of(value).items()}
    after = fields_of(change(value))
    gone = {name: None for name in before if name not in after}
    return {name: each for name, each in after.items() if encoded(each) != before.get(name)} | gone


def _segment(text: str) -> str:
    """`text` as one segment of a path; raises `ValueError` for what no path can hold as a segment."""
    if text in ("", ".", ".."):
        raise ValueError(f"{text!r} cannot stand in a path: no record can be named by it")
    return quote(text, safe="")
