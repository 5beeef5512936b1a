"""Identity and time of records."""

import gc
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estuary.core.build import COMPILED
from estuary.core.items import Item
from estuary.core.moments import EPOCH, from_microseconds, to_microseconds
from estuary.core.record import Position, Record
from estuary.core.record_id import is_record_id


@given(st.datetimes(timezones=st.just(UTC)))
def test_microseconds_are_exact(moment: datetime) -> None:
    """Every moment of the calendar survives the way there and back."""
    assert moment == from_microseconds(to_microseconds(moment))


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_microseconds_keep_the_order(one: datetime, other: datetime) -> None:
    """What comes earlier has the smaller number."""
    assert (one < other) == (to_microseconds(one) < to_microseconds(other))


def test_microseconds_count_from_the_epoch() -> None:
    """The epoch is 0, and what lies before it is negative."""
    assert 0 == to_microseconds(EPOCH)
    assert -1 == to_microseconds(EPOCH - timedelta(microseconds=1))


@given(st.uuids())
def test_a_canonical_uuid_is_an_id(uuid: UUID) -> None:
    """In lower case with hyphens, whatever its version."""
    assert is_record_id(str(uuid))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "0123456789abcdef0123456789abcdef",
        "01234567-89AB-cdef-0123-456789abcdef",
        "01234567-89ab-cdef-0123-456789abcdef\n",
        " 01234567-89ab-cdef-0123-456789abcdef",
        "01234567-89ab-cdef-0123-456789abcdeg",
        "0123456-789ab-cdef-0123-456789abcdef",
        "01234567-89ab-cdef-0123-456789abcde\u0661",
        "{01234567-89ab-cdef-0123-456789abcdef}",
        "urn:uuid:01234567-89ab-cdef-0123-456789abcdef",
    ],
)
def test_no_other_text_is_an_id(text: str) -> None:
    """Other ways to write a UUID would be second names of the same record."""
    assert not is_record_id(text)


@given(st.text("0123456789abcdefAF- \u0661g", min_size=36, max_size=36))
def test_ids_are_what_the_standards_grammar_says(text: str) -> None:
    """RFC 9562, 4, in lower case: whatever hexadecimal digits and hyphens stand in its place."""
    grammar = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
    assert (grammar.fullmatch(text) is not None) == is_record_id(text)


def test_positions_are_ordered_by_time_and_then_by_id() -> None:
    """An earlier time wins against an id; characters compare plainly."""
    assert sorted([Position(2, "a"), Position(1, "b"), Position(1, "9")]) == [
        Position(1, "9"),
        Position(1, "b"),
        Position(2, "a"),
    ]


def test_the_collector_does_not_walk_compiled_records() -> None:
    """A million records must not slow down every full collection of a service in production."""
    assert (not COMPILED) == gc.is_tracked(Record("x", 1, EPOCH, EPOCH, Item("x")))


def test_a_time_is_given_in_either_way() -> None:
    """As a moment or as its microseconds: the record is the same, and gives both."""
    created, updated = EPOCH + timedelta(days=1, microseconds=5), EPOCH + timedelta(days=2)
    by_moments = Record("x", 2, created, updated, Item("x"))
    by_numbers = Record("x", 2, to_microseconds(created), to_microseconds(updated), Item("x"))
    assert by_moments == by_numbers
    assert (created, updated) == (by_numbers.created_at, by_numbers.updated_at)
    assert (to_microseconds(created), to_microseconds(updated)) == (by_moments.created, by_moments.updated)
