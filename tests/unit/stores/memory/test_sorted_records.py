"""The order of records across the edges of its blocks."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estuary.core.items import Item
from estuary.core.record import Position, Record
from estuary.stores.memory import sorted_records
from estuary.stores.memory.sorted_records import SortedRecords
from tests.contract.making import dice, make_record, position_of
from tests.support.clocks import START


def moment(milliseconds: int) -> datetime:
    """That long after the start."""
    return START + timedelta(milliseconds=milliseconds)


def check(order: SortedRecords, expected: list[Record]) -> None:
    """Everything that can be asked of `order` is answered as a sorted list would."""
    assert expected == list(order.after(None, len(expected) + 1))
    for offset in {0, 1, len(expected) // 2, len(expected) - 1, len(expected), len(expected) + 5}:
        if offset >= 0:
            assert expected[offset : offset + 3] == list(order.slice(offset, 3))
    for index in {0, len(expected) // 3, len(expected) - 1}:
        if expected:
            assert expected[index + 1 : index + 4] == list(order.after(position_of(expected[index]), 3))


@pytest.fixture
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of two to four records: every operation then meets their edges."""
    monkeypatch.setattr(sorted_records, "_BLOCK_SIZE", 2)


@pytest.mark.usefixtures("_small_blocks")
@pytest.mark.parametrize("seed", range(20))
def test_any_order_of_writes_gives_the_same_order_of_records(seed: int) -> None:
    """Inserted and removed anywhere, with ties, the records come as a sorted list would have them."""
    chance = dice(seed)
    order, present = SortedRecords(), list[Record]()
    numbers = chance.sample(range(60), 60)
    for number in numbers:
        record = make_record(number, created_at=START + timedelta(microseconds=number // 4))
        order.add(record)
        present.append(record)
        if chance.random() < 0.4:
            order.remove(present.pop(chance.randrange(len(present))))
        present.sort(key=position_of)
        check(order, present)
    for record in chance.sample(present, len(present)):
        order.remove(record)
        present.remove(record)
        check(order, present)


@pytest.mark.usefixtures("_small_blocks")
def test_a_place_between_two_blocks_belongs_to_one_of_them() -> None:
    """A record behind the bound of an emptied end, but in front of the next block, is found again."""
    records = [make_record(number) for number in range(0, 20, 2)]
    order = SortedRecords()
    for record in records:
        order.add(record)
    for gap in (1, 3, 5, 7, 9):
        between = make_record(gap)
        order.remove(records[0])
        records.remove(records[0])
        order.add(between)
        records = sorted([*records, between], key=position_of)
        check(order, records)


def test_records_may_be_added_after_the_last_one_is_removed() -> None:
    """After the last record is gone an earlier one can be the first."""
    order = SortedRecords()
    order.add(make_record(5))
    order.remove(make_record(5))
    check(order, [])
    order.add(make_record(1))
    check(order, [make_record(1)])


def test_a_replaced_record_keeps_its_place() -> None:
    """The new state is found where the old one was."""
    order = SortedRecords()
    for number in range(3):
        order.add(make_record(number))
    order.replace(make_record(1, name="changed"))
    assert [make_record(0), make_record(1, name="changed"), make_record(2)] == list(order.after(None, 5))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 3)), max_size=30), st.integers(1, 1500))
def test_real_blocks_split_and_empty_rightly(disorder: list[tuple[int, int]], size: int) -> None:
    """At the size that is used, late records among a thousand prompt ones are found in their places."""
    prompt = [make_record(number + 10_000, created_at=moment(number)) for number in range(size)]
    late = {
        make_record(index, created_at=moment(time), name=f"{tie}"): None
        for index, (time, tie) in enumerate(disorder)
    }
    order = SortedRecords()
    for record in [*prompt, *late]:
        order.add(record)
    check(order, sorted([*prompt, *late], key=position_of))
    for record in prompt[: size // 2]:
        order.remove(record)
    check(order, sorted([*prompt[size // 2 :], *late], key=position_of))


def test_more_late_records_than_a_block_holds() -> None:
    """A clock that was set back an hour fills the middle, which splits again and again."""
    records = [make_record(number) for number in range(5000)]
    order = SortedRecords()
    for record in [*records[:100], *records[4900:], *records[100:4900]]:
        order.add(record)
    check(order, records)
    assert records[2500:2600] == list(order.slice(2500, 100))


def test_positions_that_no_clock_gives_are_places_too() -> None:
    """A cursor may hold any number: it lies before or behind all records."""
    order = SortedRecords()
    order.add(Record("x", 1, START, START, Item("x")))
    assert [] == list(order.after(Position(10**30, ""), 5))
    assert 1 == len(order.after(Position(-(10**30), "z"), 5))
