"""A cache in Redis is one for all replicas, and Redis may go away at any moment."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated

import msgspec
import pytest

from estuary.core.errors import NotFound, StoreUnavailable
from estuary.core.items import ITEMS, Item
from estuary.core.markers import Unique
from estuary.core.observations import CacheChanged, Observation
from estuary.core.record import Record
from estuary.core.resource import Resource
from estuary.redis.address import RedisAddress
from estuary.stores.cache.port import Miss
from estuary.stores.cache.redis_cache import RedisCaches
from estuary.stores.cached import CachedStore
from tests.contract.making import LATER, make_id, make_record
from tests.support.clocks import START, SettableClock
from tests.support.collections import awaited
from tests.support.process import HOST, TIMEOUT_SECONDS
from tests.support.resources import BUILT, VESSELS, vessel
from tests.support.servers.redis import Redis, redis_server
from tests.support.servers.relay import relay_to
from tests.support.slow_store import SlowStore
from tests.support.waiting import until

DOCS = Path(__file__).parents[4] / "docs"
TTL, LEASE = 30.0, 10.0
RESOURCES = (ITEMS, VESSELS)


@pytest.fixture(scope="module")
def shared_redis() -> Iterator[Redis]:
    """One server for all tests of the module."""
    with redis_server() as server:
        yield server


@pytest.fixture
def redis(shared_redis: Redis) -> Redis:
    """The server, running and empty."""
    shared_redis.say("FLUSHALL")
    return shared_redis


class Replica:
    """One of several services on the same store, with the same Redis."""

    def __init__(self, store: SlowStore, port: int, clock: SettableClock) -> None:
        self.seen: list[Observation] = []
        self.caches = RedisCaches(
            RedisAddress(host=HOST, port=port),
            "test:",
            ttl=TTL,
            lease=LEASE,
            monotonic=clock.monotonic,
            distrusted_until=memoryview(bytearray(8)).cast("d"),
            observe=self.seen.append,
        )
        self.store = CachedStore(store, self.caches, self.seen.append)

    async def name(self) -> str:
        """The name of the first item, as it is read here now."""
        value = (await awaited(self.store.collection(ITEMS)).get(make_id(1))).value
        assert isinstance(value, Item)
        return value.name

    async def change(self, name: str) -> None:
        """Give the first item another name."""
        await awaited(self.store.collection(ITEMS)).update(make_id(1), {"name": name}, LATER)

    @property
    def knows_redis(self) -> bool:
        """Whether the last that was heard of Redis is that it is there."""
        changes = [each.available for each in self.seen if isinstance(each, CacheChanged)]
        return changes[-1] if changes else True


class Scene:
    """Two replicas, and the store of both, which has one item."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.clock = SettableClock()
        self.inner = SlowStore(RESOURCES)
        self.items = self.inner.collection(ITEMS)
        self.here, self.there = (Replica(self.inner, redis.port, self.clock) for _ in range(2))


@pytest.fixture
async def scene(redis: Redis) -> AsyncIterator[Scene]:
    """Everything open."""
    scene = Scene(redis)
    async with AsyncExitStack() as stack:
        for replica in (scene.here, scene.there):
            await replica.store.open()
            stack.push_async_callback(replica.store.close)
        await scene.items.insert(make_record(1))
        yield scene
        scene.items.gate.set()


async def test_what_one_replica_has_read_is_cached_for_all(scene: Scene) -> None:
    """The store is asked once."""
    assert "item 1" == await scene.here.name() == await scene.there.name()
    assert 1 == scene.items.reads


async def test_every_kind_of_field_goes_through_redis_unchanged(scene: Scene) -> None:
    """Id, version, times, owner and values are those of the store."""
    full = vessel(
        name="Ægir 🦆", call_sign="AB1", crew=7, keel_number=2**53 - 1, draught=3.0, cargo_value=1e300,
        in_port=True, surveyed_at=BUILT, rig="steam", berth="b", rating=5, tags=["a", ""], notes=[],
    )  # fmt: skip
    for number, value in enumerate((full, vessel()), start=1):
        record = Record(make_id(number), number, START, LATER, value, "somebody")
        await awaited(scene.inner.collection(VESSELS)).insert(record)
        read = [
            await awaited(each.store.collection(VESSELS)).get(record.id)
            for each in (scene.here, scene.there)
        ]
        assert [record, record] == read


async def test_a_write_of_one_replica_is_seen_at_once_by_the_other(scene: Scene) -> None:
    """Both had the record cached; no entry has to expire first."""
    await scene.there.name()
    await scene.here.change("changed")
    assert "changed" == await scene.there.name()
    await awaited(scene.there.store.collection(ITEMS)).delete(make_id(1))
    with pytest.raises(NotFound):
        await scene.here.name()


async def test_what_was_read_before_another_replicas_write_is_not_kept_after_it(scene: Scene) -> None:
    """The write takes the lease away: the old record is not cached."""
    scene.items.gate.clear()
    early = asyncio.create_task(scene.there.name())
    await until(lambda: scene.items.waiting == 1)
    await scene.here.change("changed")
    late = asyncio.create_task(scene.there.name())
    await until(lambda: scene.items.waiting == 2)
    scene.items.gate.set()
    assert ("item 1", "changed") == (await early, await late)
    assert "changed" == await scene.here.name() == await scene.there.name()


async def test_a_lease_that_was_taken_away_keeps_nothing(scene: Scene) -> None:
    """There was no other read meanwhile: the old record would be the only one there."""
    scene.items.gate.clear()
    early = asyncio.create_task(scene.there.name())
    await until(lambda: scene.items.waiting == 1)
    await scene.here.change("changed")
    scene.items.gate.set()
    assert "item 1" == await early
    assert "changed" == await scene.here.name()


async def test_records_and_leases_leave_redis_by_themselves(scene: Scene) -> None:
    """A record after its time to live, a lease after its own."""
    await scene.here.name()
    with pytest.raises(NotFound):
        await awaited(scene.here.store.collection(ITEMS)).get(make_id(2))
    keys = [line for line in scene.redis.say("KEYS test:cache:*:items:*").split("\r\n") if "items" in line]
    left = {key[-1]: int(scene.redis.say(f"PTTL {key}").split("\r\n")[0].lstrip(":")) for key in keys}
    assert {"1", "2"} == set(left)
    assert 0 < left["1"] <= TTL * 1000
    assert 0 < left["2"] <= LEASE * 1000


async def test_without_redis_the_store_is_asked(scene: Scene) -> None:
    """Its end is a miss, reported once; when it is back, it is used again."""
    await scene.here.name()
    scene.redis.stop()
    try:
        await until(lambda: not scene.here.knows_redis)
        assert ["item 1"] * 3 == [await scene.here.name() for _ in range(3)]
        assert 4 == scene.items.reads
    finally:
        scene.redis.start()
    await until(lambda: scene.here.knows_redis, seconds=TIMEOUT_SECONDS)
    await scene.here.name()
    await scene.here.name()
    assert 5 == scene.items.reads


async def test_a_redis_that_hangs_holds_no_caller_up(scene: Scene) -> None:
    """Within a bound it is given up, and the store answers."""
    await scene.here.name()
    with scene.redis.frozen():
        async with asyncio.timeout(TIMEOUT_SECONDS):
            assert "item 1" == await scene.here.name()
        assert not scene.here.knows_redis


async def test_a_write_that_redis_was_not_told_of_is_seen_by_its_own_replica(scene: Scene) -> None:
    """The old record is still there: this replica does not look for as long as that can be, others do."""
    await scene.there.name()
    async with AsyncExitStack() as stack:
        relay = stack.enter_context(relay_to(scene.redis.port))
        cut_off = Replica(scene.inner, relay.port, scene.clock)
        await cut_off.store.open()
        stack.push_async_callback(cut_off.store.close)
        with relay.resetting():
            await until(lambda: not cut_off.knows_redis)
            await cut_off.change("changed")
        await until(lambda: cut_off.knows_redis, seconds=TIMEOUT_SECONDS)
        assert ("changed", "item 1") == (await cut_off.name(), await scene.there.name())
        scene.clock.advance(TTL + LEASE - 0.001)
        assert "changed" == await cut_off.name()
        scene.redis.say("FLUSHALL")  # as the record's own time would have done by now
        scene.clock.advance(0.001)
        reads = scene.items.reads
        for replica in (cut_off, scene.there, cut_off):
            assert "changed" == await replica.name()
        assert reads + 1 == scene.items.reads


async def test_a_restarted_redis_learns_the_scripts_again(scene: Scene) -> None:
    """Also one that was told to forget them: one miss, and all is well."""
    scene.redis.say("SCRIPT FLUSH")
    assert "item 1" == await scene.here.name()
    await until(lambda: scene.here.knows_redis, seconds=TIMEOUT_SECONDS)
    await scene.here.name()
    reads = scene.items.reads
    assert "item 1" == await scene.here.name()
    assert reads == scene.items.reads


async def test_what_is_no_record_is_a_miss(scene: Scene) -> None:
    """Somebody else wrote there: the store is asked."""
    await scene.here.name()
    (key,) = [
        line for line in scene.redis.say("KEYS test:cache:*:items:*").split("\r\n") if "items" in line
    ]
    for nonsense in ('"R{}"', '"Rx"', "x"):
        scene.redis.say(f"SET {key} {nonsense}")
        assert "item 1" == await scene.here.name()


async def test_replicas_with_another_declaration_have_records_of_their_own(scene: Scene) -> None:
    """During an update two releases run side by side: neither reads what the other could not know."""

    class Longer(msgspec.Struct, frozen=True):
        name: str
        description: Annotated[str, msgspec.Meta(max_length=1000)] | None = None
        colour: str = "red"

    longer = Resource("items", Longer)
    other = scene.there.caches.of(longer)
    miss = await other.look(make_id(1))
    await scene.here.name()
    assert type(miss) is type(await other.look(make_id(1)))


async def test_replicas_with_the_same_declaration_share_records_whatever_its_markers(scene: Scene) -> None:
    """Each process makes markers of its own: else none would be told of another's writes."""

    class Marked(msgspec.Struct, frozen=True):
        name: Annotated[str, Unique, msgspec.Meta(max_length=20)]

    here, there = (each.caches.of(Resource("items", Marked)) for each in (scene.here, scene.there))
    miss = await here.look(make_id(1))
    assert isinstance(miss, Miss)
    record = Record(make_id(1), 1, START, START, Marked("one"))
    await here.keep(miss, record)
    assert record == await there.look(make_id(1))


async def test_clearing_leaves_nothing(scene: Scene) -> None:
    """However many there are; other names in the same Redis stay."""
    cache = scene.here.caches.of(ITEMS)
    scene.redis.say("SET test:limit:somebody 1")
    for number in range(1200):
        await cache.look(make_id(number))
    await cache.clear()
    assert "items" not in scene.redis.say("KEYS *")
    assert "somebody" in scene.redis.say("KEYS *")


RIGHTS = "+select +eval +evalsha +get +set +del +scan"
PASSWORD = "a-password"


def caches_of(redis: Redis, seen: list[Observation], username: str, password: str) -> RedisCaches:
    """Caches as this user of Redis."""
    address = RedisAddress(host=HOST, port=redis.port, username=username, password=password, database=1)
    return RedisCaches(
        address,
        "test:",
        ttl=TTL,
        lease=LEASE,
        monotonic=SettableClock().monotonic,
        distrusted_until=memoryview(bytearray(8)).cast("d"),
        observe=seen.append,
    )


def let_in(redis: Redis, rights: str, keys: str = "~test:cache:*") -> None:
    """Have a user with these rights and no others."""
    redis.say("ACL DELUSER cache", f"ACL SETUSER cache on >{PASSWORD} {keys} {rights}")


async def test_a_user_needs_no_more_than_the_documents_say(redis: Redis) -> None:
    """These commands, and keys under the prefix: for every use of the cache."""
    text = (DOCS / "caching.md").read_text()
    assert f"~estuary:* {RIGHTS.replace('+get', '+time +get')}\n" in text
    let_in(redis, RIGHTS)
    seen: list[Observation] = []
    caches = caches_of(redis, seen, "cache", PASSWORD)
    await caches.open()
    cache = caches.of(ITEMS)
    miss = await cache.look(make_id(1))
    assert isinstance(miss, Miss)
    await cache.keep(miss, make_record(1))
    assert make_record(1) == await cache.look(make_id(1))
    await cache.forget(make_id(1))
    assert isinstance(await cache.look(make_id(1)), Miss)
    await cache.clear()
    assert [] == seen
    await caches.close()


@pytest.mark.parametrize("missing", RIGHTS.split())
async def test_a_right_that_is_missing_is_told_at_the_start(redis: Redis, missing: str) -> None:
    """Whichever it is, also where only a script needs it: with all that are needed."""
    let_in(redis, " ".join(right for right in RIGHTS.split() if right != missing))
    with pytest.raises(StoreUnavailable, match=r"REDIS_URL.*~test:cache:\* ") as raised:
        await caches_of(redis, [], "cache", PASSWORD).open()
    assert str(raised.value).endswith(RIGHTS)
    assert PASSWORD not in str(raised.value)


async def test_keys_that_are_not_ours_to_touch_are_told_at_the_start(redis: Redis) -> None:
    """A user of the rate limit's keys alone."""
    let_in(redis, RIGHTS, "~test:limit:*")
    with pytest.raises(StoreUnavailable, match=r"~test:cache:\*"):
        await caches_of(redis, [], "cache", PASSWORD).open()


async def test_a_right_that_is_taken_away_is_told_once(redis: Redis) -> None:
    """While it is missing every look is a miss, and when it is back so is the cache."""
    let_in(redis, RIGHTS)
    seen: list[Observation] = []
    caches = caches_of(redis, seen, "cache", PASSWORD)
    await caches.open()
    cache = caches.of(ITEMS)
    redis.say("ACL SETUSER cache -del")
    await cache.forget(make_id(1))

    def reported() -> list[tuple[bool, bool]]:
        changes = [each for each in seen if isinstance(each, CacheChanged)]
        return [(each.available, each.reason.endswith(RIGHTS)) for each in changes]

    await until(lambda: (False, True) in reported())
    assert isinstance(await cache.look(make_id(1)), Miss)
    redis.say("ACL SETUSER cache +del")
    await until(lambda: reported()[-1] == (True, False))
    assert [(False, False), (False, True), (True, False)] == reported()
    await caches.close()


async def test_what_a_hosted_redis_forbids_is_not_asked_for(tmp_path: Path) -> None:
    """But where a command is forbidden that is needed, the start says so."""
    forbidden = tmp_path / "forbidden.conf"
    for commands, hindered in (("CONFIG SCRIPT CLIENT ACL KEYS", False), ("SCAN", True)):
        lines = (f'rename-command {command} ""' for command in commands.split())
        forbidden.write_text("\n".join(lines))
        with redis_server({"include": str(forbidden)}) as redis:
            caches = caches_of(redis, [], "", "")
            if hindered:
                with pytest.raises(StoreUnavailable, match=r"unknown command.*\+scan"):
                    await caches.open()
            else:
                await caches.open()
                await caches.close()


async def test_a_redis_that_refuses_us_is_told_at_the_start(redis: Redis) -> None:
    """A password that it does not want ends the start, with the variable's name; nothing is left open."""
    scene = Scene(redis)
    address = RedisAddress(host=HOST, port=redis.port, username="nobody", password="wrong")
    caches = RedisCaches(
        address,
        "test:",
        ttl=TTL,
        lease=LEASE,
        monotonic=scene.clock.monotonic,
        distrusted_until=memoryview(bytearray(8)).cast("d"),
        observe=lambda _: None,
    )
    store = CachedStore(scene.inner, caches, lambda _: None)
    with pytest.raises(StoreUnavailable, match="REDIS_URL"):
        await store.open()
    with pytest.raises(StoreUnavailable):
        scene.inner.ping()
