"""Key source: one fetch at a time, shared by all callers; failures are observed, and keys stay in use."""

import asyncio
from pathlib import Path

import pytest

from estuary.auth.fetch import FetchFailed, fetch
from estuary.auth.jwks import MAX_WAITING
from estuary.auth.kept_keys import Kept, KeptKeys
from estuary.core.errors import Unauthenticated
from estuary.core.observations import KeysFetched, KeysMissed, KeysNotKept
from tests.support.clocks import SettableClock
from tests.support.issuer import Answer, broken, garbage, huge, issuing, keys_of, redirecting
from tests.support.waiting import until
from tests.unit.auth.sources import ISSUER, Published, World, claims_at, key_set, source


class Gate:
    """A load that waits until it is opened."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.begun = 0

    async def load(self) -> bytes:
        """The port of `KeySource`."""
        self.begun += 1
        await self.open.wait()
        return key_set(keys_of("RS256"))


async def test_concurrent_callers_share_one_fetch() -> None:
    """A hundred requests that need the keys cost the issuer one."""
    gate = Gate()
    keys = source(gate.load, clock=SettableClock())
    asking = [asyncio.create_task(keys.refresh()) for _ in range(100)]
    await until(lambda: gate.begun == 1)
    gate.open.set()
    await asyncio.gather(*asking)
    assert 1 == gate.begun
    assert keys.available


async def test_a_caller_that_goes_away_does_not_end_the_fetch() -> None:
    """The others still get their keys."""
    gate = Gate()
    keys = source(gate.load, clock=SettableClock())
    leaving, staying = asyncio.create_task(keys.refresh()), asyncio.create_task(keys.refresh())
    await until(lambda: gate.begun == 1)
    leaving.cancel()
    gate.open.set()
    await staying
    assert keys.available


async def test_only_so_many_wait_for_a_fetch() -> None:
    """While the issuer hangs, forged tokens beyond a number are refused at once."""
    gate = Gate()
    gate.open.set()
    world = World(load=gate.load)
    await world.source.refresh()
    gate.open.clear()
    forged = keys_of("EdDSA", "attacker").sign(claims_at(world.clock))
    waiting = [asyncio.create_task(world.verify(forged)) for _ in range(MAX_WAITING)]
    await until(lambda: gate.begun == 2)
    beyond = asyncio.create_task(world.verify(forged))
    await until(beyond.done)
    assert Unauthenticated is type(beyond.exception())
    assert [] == [each for each in waiting if each.done()]
    gate.open.set()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert {Unauthenticated} == {type(outcome) for outcome in outcomes}


async def test_a_fetch_is_told() -> None:
    """What was had and whether it is new; what was not, and whether there is something to go on with."""
    world = World()
    await world.source.refresh()
    await world.source.refresh()
    world.published.down = True
    await world.source.refresh()
    ids = (keys_of("RS256").id,)
    assert [
        KeysFetched(ISSUER, ids, changed=True),
        KeysFetched(ISSUER, ids, changed=False),
        KeysMissed(ISSUER, "it answered 503", usable=True),
    ] == world.seen


@pytest.mark.parametrize("answer", [broken, garbage, huge, redirecting("http://127.0.0.1:9/")])
async def test_whatever_is_answered_the_keys_there_are_stay(answer: Answer) -> None:
    """Over a real socket: no answer but a key set takes the keys away."""
    with issuing() as issuer:
        keys = source(lambda: fetch(issuer.keys_url), clock=SettableClock())
        await keys.refresh()
        issuer.answer = answer
        await keys.refresh()
        assert 1 == len(keys.candidates(issuer.keys[0].id, "RS256"))


async def test_an_issuer_that_hangs_is_left_after_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """No caller waits longer than the deadline."""
    monkeypatch.setattr("estuary.auth.jwks.FETCH_SECONDS", 0.1)
    seen: list[object] = []
    with issuing() as issuer:
        issuer.answer = issuer.hang
        keys = source(lambda: fetch(issuer.keys_url), clock=SettableClock(), observe=seen.append)
        await keys.refresh()
    assert [KeysMissed(ISSUER, "it did not answer within 0.1 seconds", usable=False)] == seen


async def test_keys_are_fetched_without_anybody_asking() -> None:
    """`run` has them at once, without a caller waiting."""
    published = Published()
    keys = source(published.load, clock=SettableClock())
    running = asyncio.create_task(keys.run())
    await until(lambda: keys.available)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert 1 == published.fetches


async def test_keys_are_refreshed_before_they_end() -> None:
    """Nine tenths of their time, and not before."""
    world = World()
    await world.source.tick()
    world.clock.advance(3239)
    await world.source.tick()
    assert 1 == world.published.fetches
    world.clock.advance(1)
    await world.source.tick()
    assert 2 == world.published.fetches


async def test_the_last_keys_survive_a_restart(tmp_path: Path) -> None:
    """A process that starts while the issuer is down goes on with what an earlier one kept."""
    clock = SettableClock()
    await World(keep=KeptKeys(tmp_path, ISSUER), clock=clock).source.refresh()
    clock.advance(7200)
    world = World(keep=KeptKeys(tmp_path, ISSUER), clock=clock)
    world.published.down = True
    world.source.recall()
    await world.source.tick()
    assert "alice" == (await world.verify(world.token())).subject
    clock.advance(3600 + 86_400 - 7200)
    assert not world.source.available


async def test_kept_keys_that_are_too_old_are_not_taken_up(tmp_path: Path) -> None:
    """A restart makes nothing younger."""
    clock = SettableClock()
    await World(keep=KeptKeys(tmp_path, ISSUER), clock=clock).source.refresh()
    clock.advance(3600 + 86_400)
    world = World(keep=KeptKeys(tmp_path, ISSUER), clock=clock)
    world.source.recall()
    assert not world.source.available


async def test_keys_that_cannot_be_kept_are_used_all_the_same(tmp_path: Path) -> None:
    """A full or missing folder is observed, and costs no request."""
    world = World(keep=KeptKeys(tmp_path / "missing", ISSUER))
    await world.source.refresh()
    assert world.source.available
    assert KeysNotKept(ISSUER, "No such file or directory") == world.seen[-1]


async def test_a_kept_file_that_holds_no_keys_is_passed_over(tmp_path: Path) -> None:
    """Whatever is in the file, the process starts."""
    keep = KeptKeys(tmp_path, ISSUER)
    world = World(keep=keep)
    keep.write(Kept(b"<html>", world.clock.now().timestamp()))
    world.source.recall()
    assert not world.source.available


async def test_a_load_that_fails_is_not_raised() -> None:
    """The caller decides from the keys that are there."""

    async def load() -> bytes:
        raise FetchFailed("no")

    keys = source(load, clock=SettableClock())
    await keys.refresh()
    assert not keys.available
