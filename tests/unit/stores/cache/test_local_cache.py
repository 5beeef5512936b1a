"""A local cache is bounded in number and time, and never gives what was before a write."""

import os
from functools import partial

from estuary.core.record import Record
from estuary.shared_memory import shared_words
from estuary.stores.cache.local_cache import LocalCache
from estuary.stores.cache.port import Miss
from estuary.stores.cache.stamps import STAMPS, Stamps, unshared
from tests.contract.making import make_id, make_record
from tests.support.clocks import SettableClock

TTL = 30.0


def make(
    max_entries: int = 3, clock: SettableClock | None = None, stamps: Stamps | None = None
) -> LocalCache:
    """An empty cache."""
    monotonic = (clock or SettableClock()).monotonic
    return LocalCache(max_entries, TTL, monotonic=monotonic, stamps=stamps or Stamps(unshared()))


async def read(cache: LocalCache, number: int) -> Record:
    """Look for a record, and have it kept if it was not there, as a reader does."""
    found = cache.look(make_id(number))
    if isinstance(found, Miss):
        await cache.keep(found, make_record(number))
        return make_record(number)
    return found


async def holds(cache: LocalCache, number: int) -> bool:
    """Whether the record is cached."""
    return not isinstance(cache.look(make_id(number)), Miss)


async def test_what_was_kept_is_found() -> None:
    """The very record, under its own id alone."""
    cache = make()
    await read(cache, 1)
    assert make_record(1) == cache.look(make_id(1))
    assert not await holds(cache, 2)


async def test_the_one_not_asked_for_longest_makes_room() -> None:
    """However many are read, no more are held than the bound; a look counts as being asked for."""
    cache = make(max_entries=3)
    for number in (1, 2, 3, 1, 4):
        await read(cache, number)
    assert [True, False, True, True] == [await holds(cache, number) for number in (1, 2, 3, 4)]


async def test_a_record_is_held_for_its_time() -> None:
    """Up to the time to live, and not from then on, however often it is asked for."""
    clock = SettableClock()
    cache = make(clock=clock)
    await read(cache, 1)
    clock.advance(TTL - 0.001)
    assert await holds(cache, 1)
    clock.advance(0.001)
    assert not await holds(cache, 1)


async def test_what_was_read_before_a_write_is_not_kept_after_it() -> None:
    """The write ended between the look and the keeping: the old record would stay for its whole time."""
    cache = make()
    miss = cache.look(make_id(1))
    assert isinstance(miss, Miss)
    await cache.forget(make_id(1))
    await cache.keep(miss, make_record(1))
    assert not await holds(cache, 1)


async def test_forgetting_is_seen_by_all_who_share_the_stamps() -> None:
    """A write of one worker has the record read again in the other, also one that is being read."""
    stamps = Stamps(shared_words(STAMPS))
    here, there = make(stamps=stamps), make(stamps=stamps)
    await read(there, 1)
    miss = there.look(make_id(2))
    assert isinstance(miss, Miss)
    for number in (1, 2):
        await here.forget(make_id(number))
    await there.keep(miss, make_record(2))
    assert [False, False] == [await holds(there, number) for number in (1, 2)]


def test_stamps_are_shared_with_forked_processes() -> None:
    """What a child renews, the parent sees."""
    stamps = Stamps(shared_words(STAMPS))
    before = stamps.of(make_id(1))
    child = os.fork()
    if child == 0:
        stamps.renew(make_id(1))
        os._exit(0)
    os.waitpid(child, 0)
    assert before != stamps.of(make_id(1))


async def test_clearing_forgets_everything_also_what_is_being_read() -> None:
    """Nothing from before is cached, and a read that began before is not cached afterwards."""
    cache = make()
    await read(cache, 1)
    miss = cache.look(make_id(2))
    assert isinstance(miss, Miss)
    await cache.clear()
    await cache.keep(miss, make_record(2))
    assert [False, False] == [await holds(cache, number) for number in (1, 2)]


async def test_no_stamp_comes_twice() -> None:
    """Each renewal gives a stamp that was not there before."""
    stamps = Stamps(unshared())
    renewed = partial(stamps.renew, make_id(1))
    seen = {stamps.of(make_id(1)) for _ in range(1000) if renewed() is None}
    assert 1000 == len(seen)
