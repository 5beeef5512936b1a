"""How long a client has to wait, asked without counting: both limiters of a machine, held to one suite."""

from collections.abc import Callable
from mmap import mmap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estuary.core.errors import LimiterUnavailable
from estuary.limits.local_limiter import LocalRateLimiter
from estuary.limits.locks import Locks
from estuary.limits.shared import SharedRateLimiter
from estuary.limits.table import WAYS, Table
from tests.support.monotonic import HandClock
from tests.unit.limits.tables import KEY, VISITS, WINDOW, child, table

Limiter = LocalRateLimiter | SharedRateLimiter
Make = Callable[[HandClock, int, int], Limiter]
"""Makes a limiter by a clock, of a limit, for so many clients; further ones share one counter."""


def local(clock: HandClock, limit: int, clients: int) -> Limiter:
    """One that counts in this process."""
    return LocalRateLimiter(limit, WINDOW, clients, clock, shared_counters=1)


def shared(clock: HandClock, limit: int, clients: int) -> Limiter:
    """One that counts where other processes do, too."""
    return SharedRateLimiter(limit, WINDOW, table(clients), Locks(), clock)


of_each = pytest.mark.parametrize("make", [local, shared])


@of_each
def test_it_counts_nothing(make: Make) -> None:
    """Zero while a request would pass, then the seconds that `decide` would say, then zero again."""
    clock = HandClock()
    limits = make(clock, 2, WAYS)
    assert 0.0 == limits.wait("client")
    limits.hit("client")
    assert [0.0, 0.0, 0.0] == [limits.wait("client") for _ in range(3)]
    limits.hit("client")
    clock.time += 1
    assert WINDOW - 1 == limits.wait("client") == limits.hit("client").resets_in
    assert 0.0 == limits.wait("somebody else")
    clock.time += WINDOW - 1
    assert 0.0 == limits.wait("client")


@of_each
@given(visits=VISITS, clients=st.integers(1, 9), limit=st.integers(1, 5))
def test_what_it_says_is_what_becomes_of_the_next_request(
    make: Make, visits: list[tuple[float, str]], clients: int, limit: int
) -> None:
    """Also for clients that share a counter, or have just got their own; never longer than a window."""
    clock = HandClock()
    limits = make(clock, limit, clients)
    for step, client in visits:
        clock.time += step
        seconds = limits.wait(client)
        decision = limits.hit(client)
        assert (decision.allowed, 0.0 if decision.allowed else decision.resets_in) == (
            seconds == 0.0,
            seconds,
        )
        assert 0.0 <= seconds <= WINDOW


@of_each
def test_clients_that_share_a_counter_wait_for_it(make: Make) -> None:
    """During a flood of addresses, clients without a counter of their own are limited all the same."""
    clock = HandClock()
    limits = make(clock, 1, 1)
    limits.hit("first")
    limits.hit("second")
    assert WINDOW == limits.wait("third")
    clock.time += WINDOW
    assert 0.0 == limits.wait("third")


def test_a_client_waits_for_what_it_did_in_other_processes() -> None:
    """Each process answers for the hits of all."""
    clock = HandClock()
    memory, locks = mmap(-1, Table.size(WAYS)), Locks()
    here, there = (SharedRateLimiter(2, WINDOW, Table(memory, WAYS, KEY), locks, clock) for _ in range(2))
    here.hit("client")
    there.hit("client")
    assert [WINDOW, WINDOW] == [here.wait("client"), there.wait("client")]


def test_a_lock_that_is_held_too_long_is_told() -> None:
    """Whether the client may try is not known then, so `LimiterUnavailable` is raised."""
    locks = Locks()
    limits = SharedRateLimiter(3, WINDOW, table(1), locks, HandClock())
    with child(lambda: locks.acquire(0)), pytest.raises(LimiterUnavailable):
        limits.wait("waiting")
    assert 0.0 == limits.wait("waiting")
