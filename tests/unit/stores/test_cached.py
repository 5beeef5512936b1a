"""A cached store answers as the store does: no read that begins after a write gives what was before."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from estuary.core import ports
from estuary.core.awaiting import settled
from estuary.core.errors import NotFound, StoreUnavailable, VersionConflict
from estuary.core.items import ITEMS, Item
from estuary.core.observations import CacheLooked, Observation
from estuary.core.record import Place, Record, Written
from estuary.core.resource import Resource
from estuary.core.writes.writes import UNCONDITIONAL, WriteOptions
from estuary.stores.cache.local_cache import LocalCaches
from estuary.stores.cache.port import Caches, Miss
from estuary.stores.cache.stamps import Stamps, unshared
from estuary.stores.cached import CachedStore
from estuary.stores.memory import MemoryStore
from tests.contract.making import LATER, make_id, make_record
from tests.support.clocks import SettableClock
from tests.support.collections import Collection, awaited
from tests.support.resources import VESSELS, vessel
from tests.support.slow_store import SlowStore
from tests.support.waiting import until

HIT, MISSED = CacheLooked("items", hit=True), CacheLooked("items", hit=False)


class Scene:
    """A cached store over a slow one, and what was observed of its cache."""

    def __init__(self, caches: Caches | None = None) -> None:
        self.seen: list[Observation] = []
        self.stamps = Stamps(unshared())
        self.inner = SlowStore([ITEMS])
        self.slow = self.inner.collection(ITEMS)
        local = LocalCaches(100, 30.0, monotonic=SettableClock().monotonic, stamps=self.stamps)
        self.store = CachedStore(self.inner, caches or local, self.seen.append)

    @property
    def items(self) -> Collection:
        """The cached collection."""
        return awaited(self.store.collection(ITEMS))

    async def name(self) -> str:
        """The name of the first item, as it is read now."""
        value = (await self.items.get(make_id(1))).value
        assert isinstance(value, Item)
        return value.name

    async def change(self, name: str) -> None:
        """Give the first item another name."""
        await self.items.update(make_id(1), {"name": name}, LATER)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    """An open store with one item."""
    scene = Scene()
    await scene.store.open()
    await scene.items.insert(make_record(1))
    yield scene
    scene.slow.gate.set()
    await scene.store.close()


async def test_a_record_is_read_once(scene: Scene) -> None:
    """The first read asks the store, the next ones do not; each look is observed."""
    records = [await scene.items.get(make_id(1)) for _ in range(3)]
    assert [make_record(1)] * 3 == records
    assert 1 == scene.slow.reads
    assert [MISSED, HIT, HIT] == scene.seen


async def test_those_who_ask_at_once_share_one_read(scene: Scene) -> None:
    """Fifty readers of a record that is not cached cost the store one read."""
    scene.slow.gate.clear()
    readers = [asyncio.create_task(scene.items.get(make_id(1))) for _ in range(50)]
    await until(lambda: scene.slow.waiting == 1 and len(scene.seen) == 50)
    scene.slow.gate.set()
    assert [make_record(1)] * 50 == await asyncio.gather(*readers)
    assert 1 == scene.slow.reads


async def test_a_caller_who_leaves_ends_no_other_read(scene: Scene) -> None:
    """A client that disconnects while others wait for the same record is no matter to them."""
    scene.slow.gate.clear()
    first, second = (asyncio.create_task(scene.items.get(make_id(1))) for _ in range(2))
    await until(lambda: len(scene.seen) == 2)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    scene.slow.gate.set()
    assert make_record(1) == await second


async def test_a_write_is_seen_at_once(scene: Scene) -> None:
    """A read that follows an update or a delete gives the record as it is then."""
    assert "item 1" == await scene.name()
    await scene.change("changed")
    assert "changed" == await scene.name()
    await scene.items.delete(make_id(1))
    with pytest.raises(NotFound):
        await scene.name()


async def test_a_read_that_began_before_a_write_is_not_kept_after_it(scene: Scene) -> None:
    """The old record, read before and returned after, must not be cached."""
    scene.slow.gate.clear()
    early = asyncio.create_task(scene.name())
    await until(lambda: scene.slow.waiting == 1)
    await scene.change("changed")
    scene.slow.gate.set()
    assert "item 1" == await early
    assert "changed" == await scene.name()


async def test_who_comes_after_a_write_does_not_join_a_read_from_before(scene: Scene) -> None:
    """The read under way has seen the old record: it is not for those who know of the write."""
    scene.slow.gate.clear()
    early = asyncio.create_task(scene.name())
    await until(lambda: scene.slow.waiting == 1)
    await scene.change("changed")
    late = asyncio.create_task(scene.name())
    await until(lambda: scene.slow.waiting == 2)
    scene.slow.gate.set()
    assert ("item 1", "changed") == (await early, await late)


async def test_no_caller_joins_a_read_from_before_another_workers_write(scene: Scene) -> None:
    """The stamps show a write that this process has not made."""
    scene.slow.gate.clear()
    early = asyncio.create_task(scene.name())
    await until(lambda: scene.slow.waiting == 1)
    await scene.slow.update(make_id(1), {"name": "changed"}, LATER)
    scene.stamps.renew(make_id(1))
    late = asyncio.create_task(scene.name())
    await until(lambda: scene.slow.waiting == 2)
    scene.slow.gate.set()
    assert ("item 1", "changed") == (await early, await late)


class NoCache:
    """An unavailable cache, of every resource: it misses all and keeps nothing."""

    async def open(self) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Nothing to close."""

    def of(self, _resource: Resource, /) -> "NoCache":
        """Itself."""
        return self

    async def look(self, _record_id: str, /) -> Miss:
        """Nothing."""
        return Miss(None)

    async def keep(self, _miss: Miss, _record: Record, /) -> None:
        """Keep nothing."""

    async def forget(self, _record_id: str, /) -> None:
        """Nothing to forget."""

    async def clear(self) -> None:
        """Nothing to forget."""


async def test_writes_are_seen_while_the_cache_cannot_be_had() -> None:
    """Reads are still shared, but not with those who come after a write."""
    scene = Scene(NoCache())
    await scene.store.open()
    await scene.items.insert(make_record(1))
    scene.slow.gate.clear()
    early = [asyncio.create_task(scene.name()) for _ in range(2)]
    await until(lambda: len(scene.seen) == 2 and scene.slow.waiting == 1)
    await scene.change("changed")
    late = asyncio.create_task(scene.name())
    await until(lambda: scene.slow.waiting == 2)
    scene.slow.gate.set()
    assert ["item 1", "item 1", "changed"] == await asyncio.gather(*early, late)
    assert 2 == scene.slow.reads


async def test_a_write_that_failed_may_have_been_made(scene: Scene) -> None:
    """The store was lost after the commit: nothing from before is given any more."""
    await scene.name()
    scene.slow.failure = StoreUnavailable("lost")
    with pytest.raises(StoreUnavailable):
        await scene.change("changed")
    assert "changed" == await scene.name()


async def test_a_write_whose_client_left_is_seen_when_it_is_made(scene: Scene) -> None:
    """The store may make it after the client is gone, and after the record was read and kept once more."""
    scene.slow.write_gate.clear()
    client = asyncio.create_task(scene.change("changed"))
    await until(lambda: scene.slow.write is not None)
    client.cancel()
    with pytest.raises(asyncio.CancelledError):
        await client
    assert "item 1" == await scene.name()
    stamp = scene.stamps.of(make_id(1))
    scene.slow.write_gate.set()
    await until(lambda: scene.stamps.of(make_id(1)) != stamp)
    assert "changed" == await scene.name()


async def test_what_is_not_there_is_not_remembered(scene: Scene) -> None:
    """A record that is created after somebody looked for it is found."""
    with pytest.raises(NotFound):
        await scene.items.get(make_id(2))
    await scene.items.insert(make_record(2))
    assert make_record(2) == await scene.items.get(make_id(2))


async def test_a_cached_record_is_its_owners_alone(scene: Scene) -> None:
    """Whichever read cached it: to another owner it is as none, which the store is asked for as well."""
    made = make_record(3)
    owned = Record(made.id, 1, made.created_at, made.updated_at, made.value, "ann")
    await scene.items.insert(owned)
    for _ in range(2):
        assert owned == await scene.items.get(owned.id, "ann")
        assert owned == await scene.items.get(owned.id)
        for record_id in (owned.id, make_id(9)):
            reads = scene.slow.reads
            with pytest.raises(NotFound):
                await scene.items.get(record_id, "bob")
            assert reads + 1 == scene.slow.reads


async def test_refused_writes_pass_through(scene: Scene) -> None:
    """Errors and options are the store's own."""
    await scene.name()
    with pytest.raises(VersionConflict):
        await scene.items.update(make_id(1), {}, LATER, WriteOptions(expected_version=7))
    with pytest.raises(NotFound):
        await scene.items.delete(make_id(1), WriteOptions(owner="bob"))
    assert "item 1" == await scene.name()


async def test_a_closed_store_gives_nothing_from_the_cache(scene: Scene) -> None:
    """After `close` a cached record is unavailable; after the next `open` the store is asked."""
    await scene.name()
    await scene.store.close()
    with pytest.raises(StoreUnavailable):
        await scene.name()


async def test_a_load_replaces_what_was_cached(scene: Scene) -> None:
    """A record that a restore has changed is read again."""
    await scene.name()

    async def batches() -> AsyncIterator[tuple[Any, list[Record]]]:
        yield ITEMS, [make_record(1, name="restored")]

    await scene.store.load(batches(), replace=True)
    assert "restored" == await scene.name()


class Cascading(Collection):
    """A collection whose deletes change another record of another resource, too."""

    def __init__(self, inner: ports.Collection, vessels: ports.Collection) -> None:
        super().__init__(inner)
        self._vessels = vessels

    async def delete(self, record_id: str, options: WriteOptions = UNCONDITIONAL) -> Written:
        """Delete, and give the vessel another name."""
        await settled(self._vessels.update(make_id(7), {"name": "changed"}, LATER))
        written = await super().delete(record_id, options)
        return Written(written.record, changed=[Place("vessels", make_id(7))])


class CascadingStore(MemoryStore):
    """Items whose deletion changes a vessel."""

    def __init__(self) -> None:
        super().__init__([ITEMS, VESSELS])

    def collection(self, resource: Resource) -> Any:
        """The collection of one of the two."""
        found = super().collection(resource)
        return Cascading(found, super().collection(VESSELS)) if resource is ITEMS else found


async def test_what_a_write_changed_besides_is_forgotten_too() -> None:
    """Of whatever resource it is: the next read gives it as it is now."""
    local = LocalCaches(100, 30.0, monotonic=SettableClock().monotonic, stamps=Stamps(unshared()))
    store = CachedStore(CascadingStore(), local, lambda _: None)
    await store.open()
    items, vessels = awaited(store.collection(ITEMS)), awaited(store.collection(VESSELS))
    ship = Record(make_id(7), 1, LATER, LATER, vessel(name="before"))
    await items.insert(make_record(1))
    await vessels.insert(ship)
    assert ship == await vessels.get(ship.id)
    await items.delete(make_id(1))
    assert 2 == (await vessels.get(ship.id)).version
    await store.close()
