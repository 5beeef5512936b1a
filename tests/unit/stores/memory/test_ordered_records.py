"""Records in the order of an index, across the edges of its blocks."""

import pytest

from estuary.core.record import Record
from estuary.stores.memory import ordered_records
from estuary.stores.memory.ordered_records import OrderedRecords
from estuary.stores.memory.ordering import HIGHEST, Key, key_function
from tests.contract.making import dice, make_id
from tests.support.queries import MOORINGS, mooring

INDEX = MOORINGS.indexes[-1]
OPTIONAL = frozenset(name for name, each in MOORINGS.attributes.items() if each.optional)


def key_of(record: Record) -> Key:
    """The key of a record in the order that is under test, which descends and has nulls."""
    return key_function(INDEX.keys, OPTIONAL)(record)


def check(order: OrderedRecords, expected: list[Record]) -> None:
    """Stretches of `order` are those of a sorted list, in either direction."""
    everything = order.place(()), order.place((HIGHEST,))
    assert expected == list(order.forwards(*everything, 0, len(expected) + 1))
    assert expected[::-1] == list(order.backwards(*everything, 0, len(expected) + 1))
    assert len(expected) == order.distance(*everything)
    for first in {0, len(expected) // 3, len(expected) - 1} & set(range(len(expected))):
        for end in {first, len(expected) // 2, len(expected) - 1}:
            places = order.place(key_of(expected[first])), order.place(key_of(expected[end]))
            between = expected[first:end]
            assert len(between) == order.distance(*places)
            for offset in (0, 1, 3, 50):
                assert between[offset : offset + 4] == list(order.forwards(*places, offset, 4))
                assert between[::-1][offset : offset + 4] == list(order.backwards(*places, offset, 4))


@pytest.mark.parametrize("size", [2, 512])
@pytest.mark.parametrize("seed", range(8))
def test_any_order_of_writes_gives_the_order_of_a_sorted_list(
    seed: int, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is put in, taken out, or moved to another place; what is not there is left alone."""
    monkeypatch.setattr(ordered_records, "_BLOCK_SIZE", size)
    chance = dice(seed)
    order, present = OrderedRecords(INDEX.keys, OPTIONAL, by_owner=False), dict[str, Record]()
    for _ in range(150):
        record = mooring(chance, make_id(chance.randrange(40)))
        known = present.get(record.id)
        if known is None:
            assert not order.discard(record)
            order.replace(record, mooring(chance, record.id))
            order.add(record)
            present[record.id] = record
        elif chance.random() < 0.5:
            order.replace(known, record)
            present[record.id] = record
        else:
            assert order.discard(known)
            del present[record.id]
        check(order, sorted(present.values(), key=key_of))


def test_a_record_that_comes_twice_is_there_once() -> None:
    """The later one takes the place of the earlier."""
    order = OrderedRecords(INDEX.keys, OPTIONAL, by_owner=False)
    record = mooring(dice(1), make_id(1))
    order.add(record)
    order.add(record)
    check(order, [record])
