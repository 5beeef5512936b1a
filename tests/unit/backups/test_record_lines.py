"""A record goes through a line unchanged, and a line that holds none says where and why."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from estuary import Digits, Was
from estuary.backups.errors import UnfitLine
from estuary.backups.record_lines import Lines
from estuary.core.items import ITEMS
from estuary.core.record import Record
from estuary.core.resource import Resource
from tests.support.clocks import START
from tests.support.entries import ENTRIES, Entry
from tests.support.resources import VESSELS
from tests.unit.backups.making import MADE_UP, item, lines, ship

EARLIER = datetime(1999, 12, 31, 23, 0, 0, 1, tzinfo=UTC)
VALUES = st.fixed_dictionaries(
    {
        # As the rules leave it: a store keeps nothing else.
        "name": st.text(max_size=20).filter(lambda text: "\0" not in text).map(str.strip).filter(bool),
        "crew": st.integers(0, 10_000),
        "keel_number": st.integers(-(2**53) + 1, 2**53 - 1),
        "draught": st.floats(0, 40, exclude_min=True, exclude_max=True),
        "cargo_value": st.floats(allow_nan=False, allow_infinity=False).map(lambda number: number + 0.0),
        "in_port": st.booleans(),
        "built_at": st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
        "rating": st.none() | st.integers(1, 5),
        "rig": st.sampled_from(["motor", "sail", "steam"]),
        "tags": st.lists(st.text("abc🦆", max_size=30), max_size=8),
        "notes": st.none() | st.lists(st.text('x\n"\\\u2028', max_size=5).map(str.strip), max_size=3),
    }
)


def line(**members: Any) -> bytes:
    """An item's line with `members` over the usual ones; None takes one out."""
    usual = {"resource": "items", "value": {"name": "an item"}}
    return json.dumps(
        {key: value for key, value in {**usual, **members}.items() if value is not None}
    ).encode()


@given(VALUES)
def test_every_kind_of_field_comes_back_as_it_was(fields: dict[str, Any]) -> None:
    """Whatever a vessel may hold is the same after it was written and read."""
    record = ship(7, **fields)
    text = lines().encode(VESSELS, [record])
    assert (VESSELS, record) == lines().decode(text, 1)
    assert text.endswith(b"\n")
    assert 1 == text.count(b"\n")


def test_identity_version_times_and_owner_come_back() -> None:
    """Estuary's own part of a record is kept to the microsecond."""
    record = item(3)
    assert (ITEMS, record) == lines().decode(lines().encode(ITEMS, [record]), 1)


def test_what_is_left_out_is_made_up() -> None:
    """A line by hand needs a value only: the rest is that of a new record."""
    _, record = lines().decode(line(), 1)
    assert (MADE_UP, 1, START, START, "") == (
        record.id,
        record.version,
        record.created_at,
        record.updated_at,
        record.owner,
    )


def test_times_become_utc() -> None:
    """A line by hand may say a time in any zone."""
    _, record = lines().decode(line(created_at="2026-01-01T01:30:00+01:30"), 1)
    assert datetime(2026, 1, 1, tzinfo=UTC) == record.created_at == record.updated_at
    assert timedelta(0) == record.created_at.utcoffset()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"{", "this is not JSON"),
        (b"\xff\n", "this is not JSON"),
        (b'{"x":' + b"[" * 100_000, "this nests too deep"),
        (b"[" * 100_000, "this nests too deep"),
        (b"[]", "Expected `object`, got `array`"),
        (line(resource=None), "it names no resource: give one of items, vessels"),
        (line(resource="wrecks"), "there is no resource 'wrecks': RESOURCES declares items, vessels"),
        (line(value=None), "missing required field `value`"),
        (line(value={"name": "x" * 256}), "Name must be between 1 and 255 characters"),
        (line(value={"name": "x", "colour": "red"}), "unknown field `colour`"),
        (line(colour="red"), "unknown field `colour`"),
        (line(id="7"), "id must be a UUID in lower case, not '7'"),
        (line(id="00000000-0000-4000-8000-00000000000A"), "id must be a UUID in lower case"),
        (line(version=0), "Expected `int` >= 1"),
        (line(created_at="2026-01-01T00:00:00"), "timezone"),
        (line(created_at="0001-01-01T00:00:00+05:00"), "date value out of range"),
        (line(owner="a\0b"), "owner must not contain the character U+0000"),
    ],
)
def test_a_line_without_a_record_is_refused_by_its_number(text: bytes, reason: str) -> None:
    """What no store could keep, or what would be lost on the way, is refused by name."""
    with pytest.raises(UnfitLine) as refused:
        lines().decode(text, 42)
    assert str(refused.value).startswith("line 42: ")
    assert reason in str(refused.value)


def test_a_declaration_that_has_grown_reads_older_lines() -> None:
    """A field that an older line does not know takes its declared default."""
    older = json.dumps(
        {"resource": "vessels", "value": {"name": "Anna", "draught": 2, "built_at": "1998-07-01T00:00:00Z"}}
    )
    resource, record = lines().decode(older.encode(), 1)
    expected = ship(1, name="Anna", draught=2.0, built_at=datetime(1998, 7, 1, tzinfo=UTC))
    assert (VESSELS, expected.value) == (resource, record.value)


def test_a_type_that_leaves_out_defaults_loses_nothing() -> None:
    """How a declared type would encode itself has no part in it."""
    import msgspec

    class Buoy(msgspec.Struct, frozen=True, omit_defaults=True, tag=True):
        colour: str = "red"

    from estuary.backups.record_lines import Lines
    from estuary.core.record import Record

    buoys = Resource("buoys", Buoy)
    both = Lines([buoys], new_id=lambda: MADE_UP, now=lambda: START)
    record = Record(MADE_UP, 1, START, START, Buoy())
    text = both.encode(buoys, [record])
    assert {"colour": "red"} == json.loads(text)["value"]
    assert (buoys, record) == both.decode(text, 1)


def entry_lines() -> Lines:
    """Lines of entries, of which the server sets some fields."""
    return Lines([ENTRIES], new_id=lambda: MADE_UP, now=lambda: START)


def test_what_the_server_set_comes_back_as_it_was() -> None:
    """Neither the moment of reading nor a default takes its place."""
    value = Entry(title="a", made_by="alice", seen_at=EARLIER, day=date(2000, 1, 1), writer="bob")
    record = Record(MADE_UP, 1, START, START, value)
    assert (ENTRIES, record) == entry_lines().decode(entry_lines().encode(ENTRIES, [record]), 1)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, {"seen_at": START, "day": START.date()}),
        ({"created_at": EARLIER.isoformat()}, {"seen_at": EARLIER, "day": EARLIER.date()}),
    ],
)
def test_what_the_server_sets_may_be_left_out(members: dict[str, str], expected: dict[str, Any]) -> None:
    """It is then as if nobody known had created the record, at the time of its creation."""
    text = json.dumps({"resource": "entries", "value": {"title": "a"}, **members}).encode()
    _, record = entry_lines().decode(text, 1)
    assert Entry(title="a", made_by="nobody", **expected) == record.value


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("made_by", "x" * 256, "Made by must be at most 255 characters"),
        ("made_by", None, "Expected `str`, got `null`"),
        ("seen_at", "today", "Invalid RFC3339 encoded datetime"),
    ],
)
def test_what_the_server_sets_obeys_the_rules_in_a_file(field: str, value: object, reason: str) -> None:
    """As every other field of a line."""
    text = json.dumps({"resource": "entries", "value": {"title": "a", field: value}}).encode()
    with pytest.raises(UnfitLine, match=re.escape(reason)):
        entry_lines().decode(text, 1)


class Shelved(Struct, frozen=True):
    """What was called otherwise when the lines were written."""

    place: Annotated[str, Was("shelf", "box")]
    width: Annotated[Decimal, Digits(6, 2), Was("size")] = Decimal("1.00")


SHELVED = Resource("shelved", Shelved)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"value": {"shelf": "a", "size": "2.50"}}, Shelved("a", Decimal("2.50"))),
        ({"value": {"box": "a", "width": "2.50"}}, Shelved("a", Decimal("2.50"))),
        ({"columns": {"shelf": "a", "size": "2.50", "box": None}}, Shelved("a", Decimal("2.50"))),
    ],
    ids=["value", "older", "columns"],
)
def test_fields_are_read_under_the_names_that_they_had(members: Any, expected: Shelved) -> None:
    """A backup or an export is of any age; what is written has the present names."""
    made = Lines([ITEMS, SHELVED], new_id=lambda: MADE_UP, now=lambda: START)
    common = {"id": MADE_UP, "version": 1, "created_at": str(START), "updated_at": str(START), "owner": ""}
    text = json.dumps({"resource": "shelved", **common, **members}).encode()
    _, record = made.decode(text, 1)
    assert expected == record.value
    assert {"place": "a", "width": "2.50"} == json.loads(made.encode(SHELVED, [record]))["value"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"shelf": "a", "place": "b"}, "unknown field `shelf`"),
        ({"size": "1.00"}, "required field `place`"),
        ({"shelf": 7}, "Expected `str`, got `int` - at `\\$.value.place`"),
    ],
    ids=["both", "neither", "type"],
)
def test_what_would_be_lost_under_a_former_name_is_refused(value: Any, message: str) -> None:
    """As an unknown field is, and a value of another type under the name that is declared."""
    made = Lines([ITEMS, SHELVED], new_id=lambda: MADE_UP, now=lambda: START)
    with pytest.raises(UnfitLine, match=message):
        made.decode(json.dumps({"resource": "shelved", "value": value}).encode(), 1)
