"""What is the memory store's own; what all stores share is held in tests/contract."""

import subprocess
import sys

import pytest

from estuary.core.items import ITEMS
from estuary.stores.memory import MemoryStore
from tests.contract.making import LATER, make_id, make_record, position_of, record_of
from tests.support.collections import awaited
from tests.support.resources import VESSELS


async def test_closing_forgets_every_record() -> None:
    """Memory is given back, and an opened store is empty."""
    store = MemoryStore([ITEMS])
    await store.open()
    items = awaited(store.collection(ITEMS))
    await items.insert(make_record(1))
    await store.close()
    await store.open()
    assert ([], 0) == (list(await items.page(None, 10)), await items.count())
    await items.insert(make_record(1))
    assert 1 == await items.count()


async def test_opening_an_open_store_keeps_its_records() -> None:
    """A second `open` changes nothing."""
    store = MemoryStore([ITEMS])
    await store.open()
    await awaited(store.collection(ITEMS)).insert(make_record(1))
    await store.open()
    assert 1 == await awaited(store.collection(ITEMS)).count()


async def test_an_unchanged_value_is_not_copied() -> None:
    """An update of nothing shares the value, which is frozen."""
    store = MemoryStore([ITEMS])
    await store.open()
    items = awaited(store.collection(ITEMS))
    record = make_record(1)
    await items.insert(record)
    assert record.value is (await record_of(items.update(make_id(1), {}, LATER))).value


async def test_a_resource_of_another_store_is_the_callers_mistake() -> None:
    """A store knows the resources it was made for."""
    with pytest.raises(KeyError):
        MemoryStore([ITEMS]).collection(VESSELS)


@pytest.mark.parametrize("size", [1_000, 100_000])
async def test_a_page_touches_as_many_records_as_it_has(size: int) -> None:
    """The cost of a page does not grow with the table: counted in steps, not in time."""
    store = MemoryStore([ITEMS])
    await store.open()
    items = awaited(store.collection(ITEMS))
    for number in range(size):
        await items.insert(make_record(number))
    steps = 0

    def count_step(*_: object) -> None:
        nonlocal steps
        steps += 1

    after = position_of(make_record(size // 2))
    sys.setprofile(count_step)
    try:
        page = await items.page(after, 20)
    finally:
        sys.setprofile(None)
    assert 20 == len(page)
    assert steps < 60


def test_the_memory_store_needs_no_sql_toolkit() -> None:
    """A deployment on memory pays neither SQLAlchemy's memory nor its start-up time."""
    program = (
        "import sys, estuary.stores.memory, estuary.stores.observed;"
        "sys.exit(any(name.split('.')[0] in ('sqlalchemy', 'sqlite3') for name in sys.modules))"
    )
    assert 0 == subprocess.run([sys.executable, "-c", program], check=False).returncode
