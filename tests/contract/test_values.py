"""What values hold, kept exactly or refused before anything is stored, the same on every store."""

import asyncio
import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from estuary.core.awaiting import settled
from estuary.core.errors import NotFound, ValidationFailed
from estuary.core.items import ITEMS
from estuary.core.queries.query import ListQuery
from estuary.core.record import Record
from estuary.core.record_service import RecordService
from tests.contract.making import LATER, make_id, record_of
from tests.contract.stores import KEEPERS, StoreKind
from tests.support.collections import Collection
from tests.support.resources import VESSELS, vessel, vessel_body
from tests.support.values import TEXTS, VALUES


@pytest.fixture(params=KEEPERS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> StoreKind:
    """The store under test: each form in which values are kept, once."""
    chosen: StoreKind = request.param
    return chosen


@pytest.mark.parametrize("fields", VALUES.values(), ids=VALUES.keys())
async def test_a_value_comes_back_exactly(vessels: Collection, fields: dict[str, Any]) -> None:
    """Read singly or in a list, the value and its JSON are those that were inserted."""
    record = Record(make_id(1), 1, LATER, LATER, vessel(**fields))
    await vessels.insert(record)
    (paged,) = await vessels.page(None, 10)
    for kept in (await vessels.get(record.id), paged):
        assert record == kept
        # In JSON 1, 1.0 and true differ, which in Python they do not.
        assert msgspec.json.encode(record.value) == msgspec.json.encode(kept.value)


async def test_values_inserted_at_once_come_back_exactly(vessels: Collection) -> None:
    """A store may take inserts that come together as one: each value still is the one of its record."""
    records = [
        Record(make_id(n), 1, LATER + timedelta(microseconds=n), LATER, vessel(**fields))
        for n, fields in enumerate(VALUES.values())
    ]
    await asyncio.gather(*(vessels.insert(record) for record in records))
    kept = await vessels.page(None, len(records) + 1)
    assert records == kept
    assert msgspec.json.encode([record.value for record in records]) == msgspec.json.encode(
        [record.value for record in kept]
    )


@pytest.mark.parametrize("fields", VALUES.values(), ids=VALUES.keys())
async def test_an_updated_value_comes_back_exactly(vessels: Collection, fields: dict[str, Any]) -> None:
    """What an update gives back, and what is read afterwards, are the fields that were set."""
    usual = vessel(call_sign="USUAL", rating=3, surveyed_at=LATER, notes=["usual"])
    await vessels.insert(Record(make_id(1), 1, LATER, LATER, usual))
    changed = await record_of(vessels.update(make_id(1), fields, LATER))
    expected = msgspec.json.encode(msgspec.structs.replace(usual, **fields))
    assert expected == msgspec.json.encode(changed.value)
    assert expected == msgspec.json.encode((await vessels.get(make_id(1))).value)


@pytest.mark.parametrize("name", TEXTS.values(), ids=TEXTS.keys())
async def test_a_text_goes_through_the_use_cases_unchanged(item_records: RecordService, name: str) -> None:
    """No normal form, case or escape is imposed on a text, on create and on update."""
    created = await record_of(item_records.create(ITEMS.draft_type(name=name)))
    assert name == _name(await settled(item_records.get(created.id)))
    changes = ITEMS.changes_type(description=name)
    await item_records.update(created.id, changes)
    assert name == (await settled(item_records.get(created.id))).value.description  # type: ignore[attr-defined]


@pytest.mark.parametrize("character", ["x", "é", "語", "🚢"])
async def test_lengths_count_characters(item_records: RecordService, character: str) -> None:
    """255 characters are kept whatever their bytes; 256 are refused and nothing is stored."""
    created = await record_of(item_records.create(ITEMS.draft_type(name=f"  {character * 255}\n")))
    assert character * 255 == _name(await settled(item_records.get(created.id)))
    with pytest.raises(ValidationFailed, match="Name must be between 1 and 255 characters"):
        await settled(item_records.create(ITEMS.draft_type(name=character * 256)))
    with pytest.raises(ValidationFailed):
        await item_records.update(created.id, ITEMS.changes_type(name=character * 256))
    await _assert_only(item_records, created)


async def test_a_whole_description_is_kept(item_records: RecordService) -> None:
    """1000 characters are kept, 1001 refused."""
    created = await record_of(item_records.create(ITEMS.draft_type(name="x", description="🚢" * 1000)))
    await _assert_only(item_records, created)
    with pytest.raises(ValidationFailed, match="Description must be at most 1000 characters"):
        await settled(item_records.create(ITEMS.draft_type(name="x", description="🚢" * 1001)))
    await _assert_only(item_records, created)


@pytest.mark.parametrize("text", ["\0x", "x\0", "a\0b"])
async def test_nul_is_refused_and_nothing_stored(item_records: RecordService, text: str) -> None:
    """U+0000, which some engines cannot keep, is refused on all of them."""
    for fields in ({"name": text}, {"name": "x", "description": text}):
        with pytest.raises(ValidationFailed, match=r"U\+0000"):
            await settled(item_records.create(ITEMS.draft_type(**fields)))
    created = await record_of(item_records.create(ITEMS.draft_type(name="x")))
    with pytest.raises(ValidationFailed):
        await item_records.update(created.id, ITEMS.changes_type(name="y", description=text))
    await _assert_only(item_records, created)


async def test_nul_in_a_list_is_refused(vessel_records: RecordService) -> None:
    """Each text of a list obeys the rules of texts."""
    with pytest.raises(ValidationFailed, match=r"Tags entry 1 .*U\+0000"):
        await settled(vessel_records.create(_draft(tags=["x", "\0"])))
    assert (0, []) == await _all(vessel_records)


@pytest.mark.parametrize(
    "record_id",
    [
        "",
        "x",
        "\0",
        "a\0b",
        make_id(1) + "\0",
        make_id(1) + "\n",
        make_id(1)[:-1],
        make_id(0xABC).upper(),
        make_id(1).replace("-", ""),
        "{" + make_id(1) + "}",
        "🚢",
        "\ud800",
        "' OR '1'='1",
        "%",
        "x" * 100_000,
        "\u0660" * 36,
    ],
    ids=ascii,
)
async def test_a_text_that_is_no_id_names_nothing(item_records: RecordService, record_id: str) -> None:
    """Any other text than a canonical id is `NotFound`, also where it looks much like one that exists."""
    created = await record_of(item_records.create(ITEMS.draft_type(name="x")))
    assert make_id(1) == created.id
    with pytest.raises(NotFound):
        await settled(item_records.get(record_id))
    with pytest.raises(NotFound):
        await item_records.update(record_id, ITEMS.changes_type(name="y"))
    with pytest.raises(NotFound):
        await item_records.delete(record_id)
    await _assert_only(item_records, created)


async def test_zero_has_no_sign(vessel_records: RecordService) -> None:
    """Not every engine keeps the sign of zero, so none is given it: create and update agree on all."""
    created = await record_of(vessel_records.create(_draft(cargo_value=-0.0)))
    changed = await record_of(vessel_records.update(created.id, VESSELS.changes_type(cargo_value=-0.0)))
    for record in (created, changed, await settled(vessel_records.get(created.id))):
        assert 1.0 == math.copysign(1.0, record.value.cargo_value)  # type: ignore[attr-defined]


async def test_moments_are_kept_in_utc(vessel_records: RecordService) -> None:
    """A time with another offset is the same moment in UTC, in the answer and afterwards."""
    india = timezone(timedelta(hours=5, minutes=30))
    created = await record_of(
        vessel_records.create(_draft(built_at=datetime(2000, 1, 1, 3, 0, tzinfo=india)))
    )
    for record in (created, await settled(vessel_records.get(created.id))):
        built_at = record.value.built_at  # type: ignore[attr-defined]
        assert datetime(1999, 12, 31, 21, 30, tzinfo=UTC) == built_at
        assert timedelta(0) == built_at.utcoffset()


async def test_what_create_and_update_answer_is_what_get_answers(vessel_records: RecordService) -> None:
    """Answer and stored record are one, also in fields that were left to their defaults."""
    created = await record_of(vessel_records.create(_draft(tags=[" trimmed "], call_sign="")))
    assert created == await settled(vessel_records.get(created.id))
    assert vessel(tags=["trimmed"]) == created.value
    changed = await record_of(
        vessel_records.update(created.id, VESSELS.changes_type(rating=2, berth=" 7 "))
    )
    assert changed == await settled(vessel_records.get(created.id))
    assert vessel(tags=["trimmed"], rating=2, berth="7") == changed.value


def _draft(**fields: Any) -> msgspec.Struct:
    return msgspec.convert(vessel_body(**fields), VESSELS.draft_type)


def _name(record: Record) -> str:
    name: str = record.value.name  # type: ignore[attr-defined]
    return name


async def _all(records: RecordService) -> tuple[int, list[Record]]:
    result = await settled(records.list(ListQuery(100)))
    assert result.total is not None
    return result.total, list(result.records)


async def _assert_only(records: RecordService, record: Record) -> None:
    assert (1, [record]) == await _all(records)
