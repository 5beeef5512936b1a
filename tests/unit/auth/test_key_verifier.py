"""API keys in a worker: which are honoured, how soon changes are known, and what refused ones cost."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from os import urandom
from typing import NamedTuple

import pytest

from estuary.auth.key_verifier import HONOURED_SECONDS, MAX_WAITING, MOST_LOOKS, KeyVerifier
from estuary.auth.verified import VerifiedTokens
from estuary.core.access.identity import Identity, Refusal
from estuary.core.api_keys.api_key_text import key_text
from estuary.core.api_keys.api_keys import ApiKey, KeyChanges
from estuary.core.api_keys.key_administration import Grant, Issued, KeyAdministration
from estuary.core.errors import KeysUnavailable, StoreUnavailable, Unauthenticated
from estuary.core.observations import ApiKeysChanged, Observation
from estuary.stores.memory.api_keys import MemoryApiKeys
from tests.support.clocks import SettableClock

GRANT = Grant("test", ("items:read",), ("admin",), "north")
HOUR = timedelta(hours=1)


class Keys(MemoryApiKeys):
    """Keys whose store may be away; counts how often it was asked for changes."""

    def __init__(self) -> None:
        super().__init__(lambda: None)
        self.is_away = False
        self.reads = 0
        self.reported: list[Mapping[str, datetime]] = []

    async def changes(self, since: int = 0) -> KeyChanges:
        """What changed, unless the store is away."""
        self.reads += 1
        await asyncio.sleep(0)
        if self.is_away:
            raise StoreUnavailable("away")
        return await super().changes(since)

    async def note_uses(self, uses: Mapping[str, datetime]) -> None:
        """Keep the uses, and that they were written."""
        self.reported.append(dict(uses))
        await super().note_uses(uses)


class Worker(NamedTuple):
    """A verifier that was not started: it reads when it is told to, or has to."""

    keys: Keys
    clock: SettableClock
    administration: KeyAdministration
    verifier: KeyVerifier
    seen: list[Observation]

    async def refusal(self, text: str) -> str:
        """Why a key is refused; "accepted" if it is not."""
        field = f"Bearer {text}"
        if self.verifier.bearers.find(field) is not None:
            return "accepted"
        try:
            await self.verifier.verify(text, field)
        except Unauthenticated as error:
            return error.reason
        except KeysUnavailable:
            return "unavailable"
        return "accepted"


def another(worker: Worker) -> Worker:
    """Another worker over the same store, with the same clock."""
    seen: list[Observation] = []
    tokens = VerifiedTokens(worker.clock.timestamp)
    return worker._replace(verifier=KeyVerifier(worker.keys, tokens, worker.clock, seen.append), seen=seen)


@pytest.fixture
def worker() -> Worker:
    """One worker; its store has no keys."""
    keys, clock, seen = Keys(), SettableClock(), list[Observation]()
    verifier = KeyVerifier(keys, VerifiedTokens(clock.timestamp), clock, seen.append)
    return Worker(keys, clock, KeyAdministration(keys, clock, urandom), verifier, seen)


async def made(worker: Worker, grant: Grant = GRANT) -> Issued:
    """A new key, which the worker has not heard of."""
    return await worker.administration.create(grant, "alice")


async def test_a_key_says_who_asks(worker: Worker) -> None:
    """As a token does: subject, owner, scopes, roles; a key that is new to the worker is read at once."""
    await worker.verifier.refresh()
    key, text = await made(worker)
    identity = Identity(f"key:{key.id}", "north", frozenset({"items:read"}), frozenset({"admin"}))
    assert identity == await worker.verifier.verify(text, f"Bearer {text}")
    assert identity == worker.verifier.bearers.find(f"Bearer {text}")


async def test_a_revoked_key_is_refused_from_the_next_read_on(worker: Worker) -> None:
    """In every worker that has read; before that, for as long as keys are honoured at the most."""
    other = another(worker)
    key, text = await made(worker)
    for each in (worker, other):
        await each.verifier.refresh()
        assert "accepted" == await each.refusal(text)
    await worker.administration.revoke(key.id)
    await worker.verifier.refresh()
    assert Refusal.REVOKED == await worker.refusal(text)
    worker.keys.is_away = True
    worker.clock.advance(HONOURED_SECONDS - 0.1)
    assert "accepted" == await other.refusal(text)
    worker.clock.advance(0.2)
    assert "unavailable" == await other.refusal(text)


async def test_without_the_store_no_key_is_honoured(worker: Worker) -> None:
    """From the moment that the last read is too old, by the clock that never jumps; and again with it."""
    _, text = await made(worker)
    await worker.verifier.refresh()
    assert "accepted" == await worker.refusal(text)
    worker.keys.is_away = True
    worker.clock.set(worker.clock.now() - 1000 * HOUR)
    worker.clock.advance(HONOURED_SECONDS - 0.1)
    await worker.verifier.refresh()
    assert "accepted" == await worker.refusal(text)
    worker.clock.advance(0.2)
    assert worker.verifier.bearers.find(f"Bearer {text}") is None
    assert "unavailable" == await worker.refusal(text)
    worker.keys.is_away = False
    await worker.verifier.refresh()
    assert "accepted" == await worker.refusal(text)
    assert [ApiKeysChanged(available=False, reason="away"), ApiKeysChanged(available=True, reason="")] == (
        worker.seen
    )


async def test_a_key_expires(worker: Worker) -> None:
    """To the second, also where it is known."""
    key, text = await made(worker, GRANT._replace(lifetime=timedelta(days=1)))
    worker.clock.advance(86_395)
    await worker.verifier.refresh()
    assert "accepted" == await worker.refusal(text)
    worker.clock.advance(5)
    assert worker.clock.now() == key.expires_at
    assert Refusal.EXPIRED == await worker.refusal(text)


async def test_a_rotated_key_has_a_new_secret_and_an_old_one_for_a_while(worker: Worker) -> None:
    """The new one is honoured by workers that do not know it yet; the old one as long as was said."""
    key, old = await made(worker)
    await worker.verifier.refresh()
    _, new = await worker.administration.rotate(key.id, timedelta(seconds=5))
    assert ["accepted"] * 2 == [await worker.refusal(text) for text in (new, old)]
    worker.clock.advance(5)
    await worker.verifier.refresh()
    assert ["accepted", Refusal.UNKNOWN_KEY] == [await worker.refusal(text) for text in (new, old)]
    _, newest = await worker.administration.rotate(key.id)
    await worker.verifier.refresh()
    outcomes = [await worker.refusal(text) for text in (newest, new, old)]
    assert ["accepted", Refusal.UNKNOWN_KEY, Refusal.UNKNOWN_KEY] == outcomes


async def test_made_up_keys_grow_nothing_and_read_seldom(worker: Worker) -> None:
    """Well-formed ones, each unknown: after some reads the store is asked once a second."""
    _, text = await made(worker)
    await worker.verifier.refresh()
    assert "accepted" == await worker.refusal(text)
    reads = worker.keys.reads
    for number in range(1000):
        made_up = key_text(f"{number:016x}", urandom(32))
        assert Refusal.UNKNOWN_KEY == await worker.refusal(made_up)
    assert reads + MOST_LOOKS == worker.keys.reads
    worker.clock.advance(1)
    assert Refusal.UNKNOWN_KEY == await worker.refusal(key_text("0" * 16, urandom(32)))
    assert reads + MOST_LOOKS + 1 == worker.keys.reads
    assert "accepted" == await worker.refusal(text)


async def test_malformed_keys_never_reach_the_store(worker: Worker) -> None:
    """What the CRC shows to be no key is refused, also where nothing was read yet."""
    text = key_text("0" * 16, urandom(32))
    for malformed in ("esk_", text[:-1], f"{text[:-1]}{'0' if text[-1] != '0' else '1'}", text + "0"):
        assert Refusal.MALFORMED == await worker.refusal(malformed)
    assert 0 == worker.keys.reads


async def test_few_requests_wait_for_a_read(worker: Worker) -> None:
    """The others are refused at once: made-up keys cannot fill the service with requests that wait."""
    await worker.verifier.refresh()
    texts = [key_text(f"{number:016x}", urandom(32)) for number in range(10 * MAX_WAITING)]
    tasks = [asyncio.create_task(worker.refusal(text)) for text in texts]
    await asyncio.sleep(0)
    assert 9 * MAX_WAITING == sum(task.done() for task in tasks)
    assert {Refusal.UNKNOWN_KEY} == set(await asyncio.gather(*tasks))


async def test_the_last_use_is_told_once_an_hour(worker: Worker) -> None:
    """To the hour, whatever number of requests came; and kept where the store was away meanwhile."""
    key, text = await made(worker)
    worker.verifier.start()
    await worker.verifier.refresh()
    for _ in range(100):
        assert "accepted" == await worker.refusal(text)
    await worker.verifier.stop()
    hour = worker.clock.now().replace(minute=0, second=0, microsecond=0)
    assert [{key.id: hour}] == worker.keys.reported
    assert hour == (await worker.administration.get(key.id)).used_at


async def test_another_database_in_its_place_is_noticed(worker: Worker) -> None:
    """Its versions may be lower: then all is read again, and what was known is not honoured any more."""
    await made(worker)
    await made(worker)
    _, text = await made(worker)
    await worker.verifier.refresh()
    assert "accepted" == await worker.refusal(text)
    worker.keys.clear()
    _, other = await made(worker)
    await worker.verifier.refresh()
    assert "accepted" == await worker.refusal(other)
    assert Refusal.UNKNOWN_KEY == await worker.refusal(text)


async def test_a_removed_key_is_known_no_more_within_a_minute(worker: Worker) -> None:
    """Every key is read again and again: one that was removed without a trace is not honoured for ever."""
    _, text = await made(worker)
    kept: list[ApiKey] = [(await made(worker)).key]
    await worker.verifier.refresh()
    worker.keys._keys = {each.id: each for each in kept}
    worker.clock.advance(61)
    await worker.verifier.refresh()
    assert Refusal.UNKNOWN_KEY == await worker.refusal(text)
