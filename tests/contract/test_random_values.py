"""Values of every kind: what is written is what is read, filtered, sorted, exported and restored."""

import io
import json
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest

from estuary.app.transfer import decoded
from estuary.backups.archive import record_lines, verify
from estuary.backups.format import FORMAT, BackupWriter, Header
from estuary.backups.record_lines import Lines
from estuary.core.kinds.every import KINDS
from estuary.core.ports import Store
from estuary.core.queries.conditions import SEARCHED, Comparison, Operator, SortKey
from estuary.core.queries.query import ListQuery
from estuary.core.record import Record
from estuary.core.resource import Resource
from estuary.core.sources import Source
from estuary.http.records.codec import RecordCodec
from estuary.http.records.list_parameters import ListParameters
from estuary.http.records.list_request import ListRequests
from tests.contract.making import TIMEOUT, dice, make_id
from tests.contract.stores import STORES, StoreKind
from tests.support.clocks import START
from tests.support.collections import awaited
from tests.support.query_model import holds, ordered
from tests.support.random_values import DECLARED, Chance, Values, one_of

_LONG = os.environ.get("ESTUARY_TEST_SOAK") == "1"
_VALUES = (
    {"memory": 10_000, "sqlite": 10_000, "postgres": 1_000, "convex": 200}
    if _LONG
    else {"memory": 400, "sqlite": 200, "postgres": 100, "convex": 20}
)
"""How many records with values of a kind there are in each engine."""
_AT_LEAST = 20
"""How many with values of one declared type, of which a kind may have several here."""
_COMPARED = 5 if _LONG else 1
"""How many values each operator compares each field with."""

Batches = Iterable[tuple[Resource, Sequence[Record]]]


class _Kept(NamedTuple):
    """A record as it was written, and the same with values of the model, for comparison and order."""

    body: Mapping[str, Any]
    record: Record
    modelled: Record


@pytest.fixture(params=[each for each in STORES if each.name in _VALUES], ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> StoreKind:
    """The store under test: each engine once."""
    chosen: StoreKind = request.param
    return chosen


def test_no_kind_is_forgotten() -> None:
    """A kind that is added to Estuary is added to these tests, too."""
    assert set(KINDS) == {values.kind for _, values in DECLARED.values()}


@pytest.mark.long
async def test_a_value_of_any_kind_is_what_was_written(kind: StoreKind, tmp_path: Path) -> None:
    """Read, sorted, filtered; restored from a backup and imported from an export in another store."""
    chance = dice(14)
    resources = [resource for resource, _ in DECLARED.values()]
    declared = Counter(values.kind for _, values in DECLARED.values())
    kept = {
        resource.name: list(
            _made(resource, values, chance, max(_AT_LEAST, _VALUES[kind.name] // declared[values.kind]))
        )
        for resource, values in DECLARED.values()
    }
    batches = [(DECLARED[name][0], [each.record for each in kept[name]]) for name in DECLARED]
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    async with _opened(kind, first, resources) as store:
        await store.load(_all(batches), replace=False)
        for resource, values in DECLARED.values():
            await _compare(store, resource, kept[resource.name])
            await _query(store, resource, values, kept[resource.name], chance)
        exported = await _exported(store, resources)
    for copied in (exported, _backed_up(exported, resources)):
        async with _opened(kind, second, resources) as store:
            lines = Lines(resources, new_id=lambda: make_id(0), now=lambda: START)
            await store.load(_all(decoded(copied, lines)), replace=True)
            for resource in resources:
                await _compare(store, resource, kept[resource.name])
            assert exported == await _exported(store, resources)


async def _all(batches: Batches) -> AsyncIterator[tuple[Resource, Sequence[Record]]]:
    for batch in batches:
        yield batch


@asynccontextmanager
async def _opened(kind: StoreKind, folder: Path, resources: Sequence[Resource]) -> AsyncIterator[Store]:
    store = kind.make(folder, resources, 6 * TIMEOUT)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


def _made(resource: Resource, values: Values, chance: Chance, number: int) -> Iterator[_Kept]:
    """So many records as a client would send them: the edges, then what chance makes."""
    codec = RecordCodec(resource)
    for count in range(number):
        value = values.edges[count] if count < len(values.edges) else one_of(values, chance)
        maybe = None if chance.random() < 0.3 else one_of(values, chance)
        # An optional text that is empty is null.
        body = {"value": value, "maybe": None if maybe == "" else maybe}
        kept = resource.created(codec.draft(json.dumps(body).encode()), START, None)
        modelled = {name: None if each is None else values.read(each) for name, each in body.items()}
        yield _Kept(body, _record(count, kept), _record(count, SimpleNamespace(**modelled)))


def _record(number: int, value: Any) -> Record:
    created = START + timedelta(milliseconds=number // 2)
    return Record(make_id(number), number + 1, created, created, value, "")


async def _compare(store: Store, resource: Resource, kept: Sequence[_Kept]) -> None:
    """Demand that the records are those that were written, in JSON and in each order there is."""
    collection, codec = awaited(store.collection(resource)), RecordCodec(resource)
    found = (await collection.list(ListQuery(len(kept) + 1))).records
    assert [each.record for each in kept] == found
    for each, record in zip(kept, found, strict=True):
        document = json.loads(codec.record(record))
        # In JSON 1, 1.0 and true differ, which in Python they do not.
        assert repr(each.body) == repr({name: document[name] for name in each.body})
    for field in {"value", "maybe"}.intersection(resource.attributes) - resource.unordered:
        for descending in (False, True):
            query = ListQuery(len(kept), sort=(SortKey(field, descending),))
            expected = ordered([each.modelled for each in kept], query)
            assert _ids(expected) == _ids((await collection.list(query)).records), query.sort


async def _query(
    store: Store, resource: Resource, values: Values, kept: Sequence[_Kept], chance: Chance
) -> None:
    """Demand that each operator of each field finds the records that the model finds."""
    collection = awaited(store.collection(resource))
    parameters = ListParameters(resource, ListRequests(resource))
    modelled = [each.modelled for each in kept]
    for field in resource.field_names:
        for operator in Operator if field in resource.attributes else ():
            if operator not in resource.attributes[field].operators:
                continue
            for _ in range(_COMPARED):
                asked = _asked(operator, values.entry or values, chance)
                where = parameters.read(
                    urlencode([(f"{field}.{operator.value}", text) for text in asked[0]])
                )
                expected = [each for each in modelled if holds(each, Comparison(field, operator, asked[1]))]
                query = ListQuery(len(kept), where=where.query.where)
                found = (await collection.list(query)).records
                assert _ids(expected) == _ids(found), (resource, field, operator, asked)


def _asked(operator: Operator, values: Values, chance: Chance) -> tuple[Sequence[str], Any]:
    """What a URL compares with, and what that is to the model."""
    if operator is Operator.NULL:
        flag = chance.random() < 0.5
        return [_spelled(flag)], flag
    if operator is Operator.IN:
        several = [_comparand(values, chance) for _ in range(3)]
        return list(map(_spelled, several)), tuple(map(values.read, several))
    one = _comparand(values, chance)
    if operator in SEARCHED:
        one = one[chance.randint(0, 2) :][:3] or "a"
    return [_spelled(one)], values.read(one)


def _comparand(values: Values, chance: Chance) -> Any:
    if values.more is not None and chance.random() < 0.3:
        return values.more(chance)
    return one_of(values, chance)


def _spelled(value: Any) -> str:
    """As a URL writes it."""
    return value if isinstance(value, str) else json.dumps(value)


async def _exported(store: Store, resources: Sequence[Resource]) -> list[tuple[int, bytes]]:
    """The lines of an export, each with its number."""
    lines = Lines(resources, new_id=lambda: make_id(0), now=lambda: START)
    text = b""
    if isinstance(store, Source):
        async with store.snapshot() as snapshot:
            for resource in resources:
                text += b"".join(
                    [lines.encode(resource, each) async for each in snapshot.records(resource)]
                )
    else:
        for resource in resources:
            found = await awaited(store.collection(resource)).list(ListQuery(1_000_000))
            text += lines.encode(resource, found.records)
    return list(enumerate(text.splitlines(keepends=True), 1))


def _backed_up(
    exported: Sequence[tuple[int, bytes]], resources: Sequence[Resource]
) -> list[tuple[int, bytes]]:
    """The lines of a backup of the same records, after a check of its checksum."""
    header = Header(FORMAT, "0", START, "memory", [each.name for each in resources])
    writer, file = BackupWriter(header), io.BytesIO()
    file.write(writer.first_line)
    for _, line in exported:
        writer.update(json.loads(line)["resource"], 1, line)
        file.write(line)
    file.write(writer.close()[1])
    verify(file)
    return list(record_lines(file))


def _ids(records: Sequence[Record]) -> list[str]:
    return [record.id for record in records]
