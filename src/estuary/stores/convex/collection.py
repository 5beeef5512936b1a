"""The records of one resource in Convex."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, assert_never

import msgspec
from msgspec.structs import asdict, replace

from estuary.core.moments import to_microseconds
from estuary.core.queries.query import ListQuery, ListResult, counted, position_in
from estuary.core.queries.uniques import UniqueKey
from estuary.core.record import Place, Position, Record, Written
from estuary.core.resource import Resource
from estuary.core.writes.writes import (
    KEY_LIFETIME,
    UNCONDITIONAL,
    Delete,
    IdempotencyKey,
    Insert,
    Update,
    Write,
    WriteOptions,
    id_of,
)
from estuary.stores.convex.documents import (
    Documents,
    fitting,
    last_position,
    moment,
    place_of,
    position,
)
from estuary.stores.convex.functions import Functions
from estuary.stores.convex.indexes import unique_index
from estuary.stores.convex.selections import Selections

_FARTHEST = 2**53 - 1
"""The largest offset that Convex's numbers hold exactly; no list is as long."""


class WriteAnswer(msgspec.Struct):
    """A function's answer to a write; `made` is false where it found nothing to change."""

    record: msgspec.Raw
    replayed: bool = False
    made: bool = True


class _Run(msgspec.Struct):
    """Records in order; `cut` where more were asked for than fit into one answer.

    There are `total` of them, or more where that is `exceeded`; it is `refused` where they cost too much.
    """

    records: msgspec.Raw
    cut: bool
    total: float = 0.0
    exceeded: bool = False
    refused: bool = False


_write = msgspec.json.Decoder(WriteAnswer)
_run = msgspec.json.Decoder(_Run)
_total = msgspec.json.Decoder(float)


class ConvexCollection:
    """Implements `Collection` with the functions in `convex/records.ts`.

    `argument_of` gives the functions' argument for a write to any collection of the store.
    """

    def __init__(
        self,
        resource: Resource,
        functions: Functions,
        argument_of: Callable[[Write], Mapping[str, Any]],
    ) -> None:
        self._argument_of = argument_of
        self._name = resource.name
        self._documents = Documents(resource)
        self._selections = Selections(resource)
        self._functions = functions

    async def insert(self, record: Record, options: WriteOptions = UNCONDITIONAL) -> Written:
        """Keep a new record; raises `UniqueConflict`, and `RecordExists` where its client chose a taken id.

        Any other id that is taken is a `StoreQueryFailed`.
        """
        arguments = {
            "resource": self._name,
            **self._of_every_write(options),
            **self._new(record, options),
        }
        written = await self._written("insert", arguments, record.id, options)
        if written.record is not None:
            return written
        return Written(record, changed=written.changed, made=written.made)

    async def get(self, record_id: str, owner: str | None = None) -> Record:
        """The record; raises `NotFound`."""
        arguments = {"resource": self._name, "id": record_id, "owner": owner}
        return self._documents.record(await self._functions.query("get", arguments, record_id))

    async def find(self, key: UniqueKey, values: Sequence[Any], owner: str | None = None) -> ListResult:
        """The records with these values of a unique key: one range of its index."""
        compared = self._documents.compared(key, values)
        if compared is None:
            return ListResult([])
        arguments = {
            "resource": self._name,
            "index": unique_index(key).name,
            "values": compared,
            "owner": owner,
        }
        return ListResult(self._documents.records(await self._functions.query("find", arguments)))

    async def update(
        self,
        record_id: str,
        changes: Mapping[str, Any],
        updated_at: datetime,
        options: WriteOptions = UNCONDITIONAL,
    ) -> Written:
        """The record as changed; raises `NotFound`, `VersionConflict`, `UniqueConflict`."""
        changed = self._changed(changes, updated_at, options)
        arguments = self._conditional(record_id, options) | changed
        return await self._written("update", arguments, record_id, options)

    async def delete(self, record_id: str, options: WriteOptions = UNCONDITIONAL) -> Written:
        """Remove the record; raises `NotFound`, `VersionConflict`."""
        return await self._written("remove", self._conditional(record_id, options), record_id, options)

    def argument(self, write: Write) -> Mapping[str, Any]:
        """One of several writes, as an argument of the function that makes them."""
        before = self._before(write.options)
        match write:
            case Insert():
                new = self._new(write.record, write.options)
                return {"kind": "insert", "resource": self._name, **new, **before}
            case Update():
                changed = self._changed(write.changes, write.updated_at, write.options)
                target = self._target(write.record_id, write.options)
                return {"kind": "update", **target, **changed, **before}
            case Delete():
                return {"kind": "delete", **self._target(write.record_id, write.options), **before}
            case _ as unknown:
                assert_never(unknown)

    def left_behind(self, write: Write, answer: WriteAnswer, *, replayed: bool) -> Written:
        """What one of several writes left behind, as the function answers it."""
        record = self._documents.record_if_any(answer.record)
        changed = () if replayed else _changed_before(write.options)
        if record is None and isinstance(write, Insert):
            return Written(write.record, replayed, changed)
        return Written(record, replayed, changed, made=answer.made)

    async def list(self, query: ListQuery) -> ListResult:
        """The result of `query`: ranges of an index, or by offset a bounded number of records more.

        Where no index has its order it looks at a bounded number of records. It raises `QueryTooExpensive`
        where there are more, as where an index serves it and it skips or counts more.
        """
        if query.where or query.sort:
            return await self._selected(query)
        if query.offset is None:
            after = query.after if isinstance(query.after, Position) else None
            run = await self._run("page", {"after": position(after), "limit": query.limit}, query.owner)
        else:
            place = {"offset": min(query.offset, _FARTHEST), "limit": query.limit}
            run = await self._run("slice", place, query.owner)
        records = await self._whole(run, query.limit, query.owner)
        return counted(records, await self._total(run, query), query)

    async def count(self, owner: str | None = None) -> int:
        """The number of records, which every write keeps."""
        total = await self._functions.query("count", {"resource": self._name, "owner": owner})
        return int(fitting(_total, total))

    async def last(self) -> Position | None:
        """The position of the last record, None without records."""
        while total := await self.count():
            found = await self.list(ListQuery(1, total - 1))
            if found.records:
                return place_of(found.records[0])
        return None

    async def _selected(self, query: ListQuery) -> ListResult:
        run = await self._selection(query, query.offset or 0, query.limit)
        records = self._documents.records(run.records)
        total, exceeded = int(run.total), run.exceeded
        while run.cut:
            rest = replace(query, after=position_in(query.sort, records[-1]), counted=False)
            run = await self._selection(rest, 0, query.limit - len(records))
            records += self._documents.records(run.records)
        return ListResult(records, total, exceeded=True) if exceeded else counted(records, total, query)

    async def _selection(self, query: ListQuery, offset: int, limit: int) -> _Run:
        arguments = {
            "resource": self._name,
            "owner": query.owner,
            "selection": self._selections.of(query),
            "offset": min(offset, _FARTHEST),
            "limit": limit,
            "counted": query.counted,
            "at_most": query.at_most,
        }
        run = fitting(_run, await self._functions.query("select", arguments))
        if run.refused:
            raise self._selections.refusal(query)
        return run

    async def _total(self, run: _Run, query: ListQuery) -> int:
        """The number of records where it is asked for; a slice comes with it, both of one moment."""
        if not query.counted:
            return 0
        return await self.count(query.owner) if query.offset is None else int(run.total)

    async def _run(self, name: str, place: Mapping[str, Any], owner: str | None) -> _Run:
        arguments = {"resource": self._name, "owner": owner, **place}
        return fitting(_run, await self._functions.query(name, arguments))

    async def _whole(self, run: _Run, limit: int, owner: str | None) -> Sequence[Record]:
        """The records of `run`, and those that were cut off from it."""
        records = self._documents.records(run.records)
        while run.cut:
            place = {"after": last_position(records), "limit": limit - len(records)}
            run = await self._run("page", place, owner)
            records += self._documents.records(run.records)
        return records

    async def _written(
        self, name: str, arguments: Mapping[str, Any], record_id: str, options: WriteOptions
    ) -> Written:
        write = fitting(_write, await self._functions.mutate(name, arguments, record_id))
        record = self._documents.record_if_any(write.record)
        changed = () if write.replayed else _changed_before(options)
        return Written(record, write.replayed, changed, made=write.made and not options.dry_run)

    def _new(self, record: Record, options: WriteOptions) -> dict[str, Any]:
        document = self._documents.document(record)
        return {"record": document, "client_id": options.client_id, **_demands(options)}

    def _changed(
        self, changes: Mapping[str, Any], updated_at: datetime, options: WriteOptions
    ) -> dict[str, Any]:
        return {
            "changes": self._documents.changes(changes),
            "updated_at": moment(updated_at),
            "if_changed": options.if_changed,
            **_demands(options),
        }

    def _conditional(self, record_id: str, options: WriteOptions) -> dict[str, Any]:
        return {**self._of_every_write(options), **self._target(record_id, options)}

    def _target(self, record_id: str, options: WriteOptions) -> dict[str, Any]:
        return {
            "resource": self._name,
            "id": record_id,
            "owner": options.owner,
            "expected_version": options.expected_version,
        }

    def _of_every_write(self, options: WriteOptions) -> dict[str, Any]:
        key = key_argument(options.key)
        return {"key": key, "dry_run": options.dry_run, **self._before(options)}

    def _before(self, options: WriteOptions) -> dict[str, Any]:
        return {"before": list(map(self._argument_of, options.before))} if options.before else {}


def _demands(options: WriteOptions) -> dict[str, Any]:
    return {"demands": list(map(asdict, options.demands))} if options.demands else {}


def _changed_before(options: WriteOptions) -> Sequence[Place]:
    return [Place(write.resource, id_of(write)) for write in options.before]


def key_argument(key: IdempotencyKey | None) -> Mapping[str, Any] | None:
    """An idempotency key as an argument of the functions."""
    if key is None:
        return None
    return {
        "subject": key.subject,
        "owner": key.owner,
        "text": key.text,
        "fingerprint": key.fingerprint,
        "now": _milliseconds(key.now),
        "expires_at": _milliseconds(key.now + KEY_LIFETIME),
    }


def _milliseconds(time: datetime) -> float:
    return to_microseconds(time) / 1000
