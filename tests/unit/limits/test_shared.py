"""The limiter that counts in shared memory: one limit over processes, whatever becomes of one of them."""

import os
import signal
import struct
from array import array
from collections import defaultdict
from itertools import cycle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estuary.core.allowance import Decision
from estuary.core.errors import LimiterUnavailable
from estuary.core.ports import RateLimiter
from estuary.limits.local_limiter import LocalRateLimiter
from estuary.limits.locks import Held, Locks
from estuary.limits.shared import SharedRateLimiter
from estuary.limits.table import WAYS, Table
from estuary.limits.window import WindowCounter
from tests.support.monotonic import HandClock
from tests.unit.limits.tables import VISITS, WINDOW, child, table


def limiter(clock: HandClock, *, limit: int = 3, clients: int = 4) -> SharedRateLimiter:
    """A small limiter: its edges are a few clients away."""
    return SharedRateLimiter(limit, WINDOW, table(clients), Locks(), clock)


def test_it_is_a_rate_limiter() -> None:
    """It fits the port, and has the limit and window it was given."""
    port: RateLimiter = SharedRateLimiter(100, 60.0, table(10), Locks(), HandClock())
    assert (100, 60.0) == (port.limit, port.window)


@given(visits=VISITS, clients=st.integers(1, 9), limit=st.integers(1, 5))
async def test_no_client_passes_its_limit_in_any_window(
    visits: list[tuple[float, str]], clients: int, limit: int
) -> None:
    """Also when clients share counters, are forgotten, or get a counter of their own halfway through."""
    clock = HandClock()
    limits = limiter(clock, limit=limit, clients=clients)
    passed: dict[str, list[float]] = defaultdict(list)
    for step, client in visits:
        clock.time += step
        if (limits.hit(client)).allowed:
            passed[client].append(clock.time)
    for times in passed.values():
        for time in times:
            assert sum(1 for other in times if 0 <= time - other < WINDOW) <= limit


@given(visits=VISITS, limit=st.integers(1, 60), costs=st.lists(st.integers(1, 9), min_size=1))
async def test_where_there_is_room_it_decides_as_a_single_process_does(
    visits: list[tuple[float, str]], limit: int, costs: list[int]
) -> None:
    """What lies in bytes between two requests is the whole of what a counter is, buckets included."""
    clock = HandClock()
    shared = limiter(clock, limit=limit, clients=WAYS)
    local = LocalRateLimiter(limit, WINDOW, WAYS, clock)
    for (step, client), cost in zip(visits, cycle(costs), strict=False):
        clock.time += step
        assert parts(local.hit(client, cost)) == pytest.approx(parts(shared.hit(client, cost)))


def parts(decision: Decision) -> tuple[bool, int, float]:
    """What `decision` says, as numbers that may differ by a rounding."""
    return decision.allowed, decision.remaining, decision.resets_in


@pytest.mark.parametrize("pace", [WINDOW / 33, WINDOW / 32, WINDOW / 31, WINDOW / 500])
async def test_a_stream_that_never_stops_keeps_its_older_buckets(pace: float) -> None:
    """All buckets of a counter come and go as in a single process, for several windows on end."""
    clock = HandClock()
    shared = limiter(clock, limit=300, clients=WAYS)
    local = LocalRateLimiter(300, WINDOW, WAYS, clock)
    for _ in range(int(3 * WINDOW / pace)):
        clock.time += pace
        assert parts(local.hit("steady")) == pytest.approx(parts(shared.hit("steady")))


async def test_a_machine_that_has_just_started_is_no_exception() -> None:
    """The clock counts from the machine's start: a window may be longer than that is ago."""
    limits = limiter(HandClock(0.25), limit=2)
    assert [True, True, False] == [(limits.hit("early")).allowed for _ in range(3)]


def test_processes_have_one_limit_between_them() -> None:
    """Four processes that ask at once, over and over, pass together exactly as often as one would."""
    clients, asked, workers, limit = 3, 500, 4, 700
    reported, tell = os.pipe()
    clock = HandClock()
    limits = limiter(clock, limit=limit, clients=64)
    pids = []
    for _ in range(workers):
        pid = os.fork()
        if pid == 0:
            hits = (limits.hit(f"client {n % clients}") for n in range(asked * clients))
            passed = sum(hit.allowed for hit in hits)
            os.write(tell, passed.to_bytes(4, "big"))
            os._exit(0)
        pids.append(pid)
    for pid in pids:
        assert 0 == os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    answers = os.read(reported, 4 * workers)
    passed = sum(int.from_bytes(answers[at : at + 4], "big") for at in range(0, len(answers), 4))
    assert clients * limit == passed
    os.close(reported)
    os.close(tell)


async def test_a_flood_of_addresses_leaves_known_clients_alone() -> None:
    """A client that was known before the flood keeps its own allowance during it."""
    limits = limiter(HandClock(), limit=3, clients=100)
    limits.hit("known")
    for number in range(3000):
        limits.hit(f"forged {number}")
    assert [True, True, False] == [(limits.hit("known")).allowed for _ in range(3)]


async def test_strangers_share_during_a_flood() -> None:
    """Beyond the clients that are tracked, all others of a set together pass no more than one would."""
    limits = limiter(HandClock(), limit=3, clients=4)
    passed = [(limits.hit(f"forged {number}")).allowed for number in range(1000)]
    assert 4 + 3 == sum(passed)


async def test_sharing_ends_after_the_flood() -> None:
    """One window after the last request of a flood, a new client has its whole allowance."""
    clock = HandClock()
    limits = limiter(clock, limit=3)
    for number in range(1000):
        limits.hit(f"forged {number}")
    clock.time += WINDOW
    decision = limits.hit("late")
    assert (True, 2) == (decision.allowed, decision.remaining)


async def test_a_client_takes_what_it_used_out_of_the_shared_counter() -> None:
    """A client that shared a counter and then gets its own starts with what was counted there."""
    clock = HandClock()
    limits = limiter(clock, limit=3, clients=1)
    limits.hit("first")
    clock.time += WINDOW / 2
    assert [True, True, True] == [(limits.hit("second")).allowed for _ in range(3)]
    clock.time += WINDOW / 2
    assert not (limits.hit("second")).allowed


async def test_a_process_that_dies_while_it_writes_lets_no_client_exceed_the_limit() -> None:
    """The torn counter's number is unknown: it counts as used up, for one window and no longer."""
    clock = HandClock()
    numbers = table(4)
    limits = SharedRateLimiter(3, WINDOW, numbers, Locks(), clock)
    limits.hit("unlucky")
    name, set_ = numbers.name("unlucky")
    way = numbers.find(set_, name)
    assert way is not None
    torn = WindowCounter()
    torn.older = array("d", [0.0, -1.0])  # no count: its writer ends halfway, as one that is killed
    with pytest.raises(struct.error):
        numbers.store(set_, way, torn)
    assert not (limits.hit("unlucky")).allowed
    clock.time += WINDOW / 2
    assert not (limits.hit("unlucky")).allowed
    clock.time += WINDOW / 2
    assert [True, True, True, False] == [(limits.hit("unlucky")).allowed for _ in range(4)]


async def test_a_killed_process_leaves_nothing_locked() -> None:
    """The kernel opens the locks of a process that ends, however it ends."""
    locks = Locks()
    limits = SharedRateLimiter(3, WINDOW, table(1), locks, HandClock())
    with child(lambda: locks.acquire(0)), pytest.raises(LimiterUnavailable):
        limits.hit("waiting")
    assert (limits.hit("waiting")).allowed


def test_waiting_for_a_stopped_process_is_bounded() -> None:
    """Who waits for a lock gives up, and other locks are not touched."""
    locks = Locks()
    with child(lambda: locks.acquire(7)) as pid:
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(Held):
            locks.acquire(7)
        locks.acquire(8)
        locks.release(8)


def test_a_table_takes_its_room_and_no_more() -> None:
    """65,536 clients fit into 32 MiB with all their buckets, and names fall on each set about alike."""
    assert Table.size(65_536) <= 32 * 2**20
    numbers = table(64 * WAYS)
    sets = [numbers.name(f"192.0.2.{n}")[1] for n in range(6400)]
    assert set(range(64)) == set(sets)
    assert max(sets.count(set_) for set_ in set(sets)) < 200
