"""Each test of the suite runs on each store of the table."""

from collections.abc import AsyncIterator, Callable
from itertools import count
from pathlib import Path

import pytest

from estuary.core.items import ITEMS
from estuary.core.ports import Store
from estuary.core.record_service import RecordService
from estuary.core.resource import Resource
from tests.contract.making import TIMEOUT, make_id
from tests.contract.stores import STORES, StoreKind
from tests.support.clocks import SettableClock
from tests.support.collections import Collection, awaited
from tests.support.contexts import make_context
from tests.support.resources import VESSELS

RESOURCES = (ITEMS, VESSELS)


@pytest.fixture(params=STORES, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> StoreKind:
    """The store under test, not made yet."""
    chosen: StoreKind = request.param
    return chosen


@pytest.fixture
def kind_is_durable(kind: StoreKind) -> bool:
    """Whether what was written is there after the store was closed."""
    return kind.durable


@pytest.fixture
def unopened(kind: StoreKind, tmp_path: Path) -> Store:
    """A store that was never opened, for items and vessels."""
    return kind.make(tmp_path, RESOURCES, TIMEOUT)


@pytest.fixture
async def store(unopened: Store) -> AsyncIterator[Store]:
    """An open, empty store."""
    await unopened.open()
    yield unopened
    await unopened.close()


@pytest.fixture
def many(kind: StoreKind) -> Callable[[int], int]:
    """How many records to take where a test would have so many: fewer for a store that is slow here."""
    return lambda number: number // kind.slow


@pytest.fixture
def items(store: Store) -> Collection:
    """The items of the open store."""
    return awaited(store.collection(ITEMS))


@pytest.fixture
def vessels(store: Store) -> Collection:
    """The vessels of the open store."""
    return awaited(store.collection(VESSELS))


@pytest.fixture
def clock() -> SettableClock:
    """The clock of the use cases."""
    return SettableClock()


def _records(resource: Resource, store: Store, clock: SettableClock) -> RecordService:
    numbers = count(1)
    return RecordService(
        resource,
        awaited(store.collection(resource)),
        make_context(lambda: make_id(next(numbers)), clock=clock),
    )


@pytest.fixture
def item_records(store: Store, clock: SettableClock) -> RecordService:
    """The use cases on items."""
    return _records(ITEMS, store, clock)


@pytest.fixture
def vessel_records(store: Store, clock: SettableClock) -> RecordService:
    """The use cases on vessels."""
    return _records(VESSELS, store, clock)
