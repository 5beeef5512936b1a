"""The limiter that counts in its process: never too many, and never too much memory."""

import tracemalloc
from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from estuary.core.ports import RateLimiter
from estuary.limits.local_limiter import LocalRateLimiter
from tests.support.monotonic import HandClock

WINDOW = 4.0
TICKS = st.one_of(st.integers(0, 4), st.integers(0, 100))
VISITS = st.lists(
    st.tuples(TICKS.map(lambda ticks: ticks / 64), st.sampled_from("abcdefgh")), min_size=20, max_size=200
)


def limiter(clock: HandClock, *, limit: int = 3, max_clients: int = 4, shared: int = 2) -> LocalRateLimiter:
    """A small limiter: its edges are a few clients away."""
    return LocalRateLimiter(limit, WINDOW, max_clients, clock, shared_counters=shared)


def passes(limits: LocalRateLimiter, client: str, times: int) -> list[bool]:
    """Whether each of so many requests of `client` passes, one after the other."""
    return [limits.hit(client).allowed for _ in range(times)]


def test_it_is_a_rate_limiter() -> None:
    """It fits the port, and has the limit and window it was given."""
    port: RateLimiter = LocalRateLimiter(100, 60.0, 10, HandClock())
    assert (100, 60.0) == (port.limit, port.window)


@given(visits=VISITS, max_clients=st.integers(1, 9), shared=st.integers(1, 3), limit=st.integers(1, 5))
def test_no_client_passes_its_limit_in_any_window(
    visits: list[tuple[float, str]], max_clients: int, shared: int, limit: int
) -> None:
    """Also when clients share counters, are forgotten, or get a counter of their own halfway through."""
    clock = HandClock()
    limits = limiter(clock, limit=limit, max_clients=max_clients, shared=shared)
    passed: dict[str, list[float]] = defaultdict(list)
    for step, client in visits:
        clock.time += step
        if limits.hit(client).allowed:
            passed[client].append(clock.time)
    for times in passed.values():
        for time in times:
            assert sum(1 for other in times if 0 <= time - other < WINDOW) <= limit


@given(max_clients=st.integers(1, 9), shared=st.integers(1, 3), limit=st.integers(1, 5))
def test_counters_are_as_many_as_were_asked_for(max_clients: int, shared: int, limit: int) -> None:
    """Many strangers who come at a moment pass no more often than all counters let, own and shared."""
    limits = limiter(HandClock(), limit=limit, max_clients=max_clients, shared=shared)
    passed = [limits.hit(f"forged {number}").allowed for number in range(200)]
    assert sum(passed) <= max_clients + shared * limit


def test_memory_is_bounded() -> None:
    """A flood of addresses takes what its first moments took, however long it lasts."""
    limits = limiter(HandClock(), max_clients=100, shared=10)

    def taken(numbers: range) -> int:
        """The bytes in use when these addresses have come."""
        for number in numbers:
            limits.hit(f"forged {number}")
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        after_few, after_many = taken(range(1000)), taken(range(1000, 20_000))
    finally:
        tracemalloc.stop()
    assert after_many < 1.2 * after_few


def test_clients_do_not_affect_each_other() -> None:
    """With room for all, each has its own allowance."""
    limits = limiter(HandClock(), limit=2)
    answers = [limits.hit(client).allowed for client in "aaabbb"]
    assert [True, True, False, True, True, False] == answers


def test_a_flood_of_addresses_leaves_known_clients_alone() -> None:
    """A client that was known before the flood keeps its own allowance during it."""
    clock = HandClock()
    limits = limiter(clock, limit=3)
    limits.hit("known")
    for number in range(1000):
        limits.hit(f"forged {number}")
    assert [True, True, False] == passes(limits, "known", 3)


def test_strangers_share_during_a_flood() -> None:
    """Beyond the clients that are tracked, all others together pass what the shared counters let."""
    limits = limiter(HandClock(), limit=3, max_clients=4, shared=2)
    passed = [limits.hit(f"forged {number}").allowed for number in range(1000)]
    assert 4 + 2 * 3 == sum(passed)


def test_sharing_ends_after_the_flood() -> None:
    """One window after the last request of a flood, a new client has its whole allowance."""
    clock = HandClock()
    limits = limiter(clock, limit=3)
    for number in range(1000):
        limits.hit(f"forged {number}")
    clock.time += WINDOW
    decision = limits.hit("late")
    assert (True, 2) == (decision.allowed, decision.remaining)


def test_a_client_takes_what_it_used_out_of_the_shared_counter() -> None:
    """A client that shared a counter and then gets its own starts with what was counted there."""
    clock = HandClock()
    limits = limiter(clock, limit=3, max_clients=1, shared=1)
    limits.hit("first")
    clock.time += WINDOW / 2
    assert [True, True, True] == passes(limits, "second", 3)
    clock.time += WINDOW / 2
    # The first client's counter has expired: there is room for the second one's own.
    assert not limits.hit("second").allowed


def test_a_client_with_its_own_counter_shares_no_more() -> None:
    """What a client does after it got its own counter is not held against those it shared with."""
    clock = HandClock()
    limits = limiter(clock, limit=3, max_clients=1, shared=1)
    limits.hit("first")
    clock.time += WINDOW / 2
    limits.hit("second")
    clock.time += WINDOW / 2
    assert [True, True, False] == passes(limits, "second", 3)
    assert [True, True, False] == passes(limits, "third", 3)


def test_only_what_counts_no_more_is_forgotten() -> None:
    """A new client pushes out one whose requests have all left the window, never a live one."""
    clock = HandClock()
    limits = limiter(clock, max_clients=2, shared=1)
    limits.hit("early")
    clock.time += 1
    limits.hit("live")
    clock.time += WINDOW - 1
    limits.hit("new")
    # Clients without a counter of their own find the shared one used up.
    assert [True, True, True, False] == passes(limits, "stranger", 4)
    assert [True, True, False] == passes(limits, "live", 3)
    assert [True, True, False] == passes(limits, "new", 3)


def test_an_active_client_does_not_hide_expired_ones() -> None:
    """A client that keeps coming moves behind those that fell silent, so these are found first."""
    clock = HandClock()
    limits = limiter(clock, max_clients=2, shared=1)
    limits.hit("active")
    limits.hit("silent")
    clock.time += WINDOW - 1
    limits.hit("active")
    clock.time += 1
    limits.hit("new")
    assert [True, True, True, False] == passes(limits, "stranger", 4)
    assert [True, True, False] == passes(limits, "new", 3)


def test_expired_clients_are_cleared_away_faster_than_new_ones_come() -> None:
    """After a flood, memory shrinks as new clients arrive, two for one."""
    clock = HandClock()
    limits = limiter(clock, max_clients=1000)
    tracemalloc.start()
    try:
        for number in range(1000):
            limits.hit(f"old {number}")
        clock.time += WINDOW
        after_the_flood = tracemalloc.get_traced_memory()[0]
        for number in range(500):
            limits.hit(f"new {number}")
        later = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert later < 0.75 * after_the_flood


def test_which_clients_share_a_counter_cannot_be_predicted() -> None:
    """Two processes spread the same addresses differently: the hash is under a key of each."""

    def sharing() -> set[int]:
        """Those of many strangers who are refused for what one of them did."""
        limits = limiter(HandClock(), limit=1, max_clients=1, shared=16)
        limits.hit("known")
        limits.hit("192.0.2.1")
        return {number for number in range(500) if limits.wait(f"198.51.100.{number}") > 0}

    assert sharing() != sharing()
