"""The sliding window against an exact log, over any sequence of requests."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estuary.core.allowance import Decision
from estuary.limits.window import BUCKETS, SlidingWindow, WindowCounter

# Whole multiples of 1/256 are exact as floats: no test here depends on rounding.
TICK = 1 / 256
LENGTH = 1.0
# Runs of requests at one pace: a bucket (8 ticks) is shared by fast ones only.
RUNS = st.tuples(st.one_of(st.integers(0, 5), st.integers(0, 20), st.integers(0, 300)), st.integers(1, 20))
STEPS = st.lists(RUNS, min_size=5, max_size=40).map(
    lambda runs: [ticks * TICK for ticks, requests in runs for _ in range(requests)]
)
LIMITS = st.integers(1, 20)


def moments(steps: Sequence[float], start: float = 1000.0) -> list[float]:
    """The times at which requests come, each a step after the one before."""
    times = []
    for step in steps:
        start += step
        times.append(start)
    return times


@given(steps=STEPS, limit=LIMITS)
def test_no_window_holds_more_than_the_limit(steps: list[float], limit: int) -> None:
    """Wherever a window of the length is laid, at most `limit` requests passed in it."""
    window, counter = SlidingWindow(limit, LENGTH), WindowCounter()
    passed = [t for t in moments(steps) if window.admit(counter, t).allowed]
    # One window that held more would hold a request and the one `limit` places after it.
    assert all(later - first >= LENGTH for first, later in zip(passed, passed[limit:], strict=False))


@given(steps=STEPS, limit=LIMITS)
def test_a_refused_client_that_waits_is_admitted(steps: list[float], limit: int) -> None:
    """After `resets_in`, which is never more than the length, one more request passes."""
    window, counter = SlidingWindow(limit, LENGTH), WindowCounter()
    for now in moments(steps):
        decision = window.admit(counter, now)
        assert 0 < decision.resets_in <= LENGTH
        if not decision.allowed:
            assert window.admit(counter.copy(), now + decision.resets_in).allowed


@given(steps=STEPS, limit=LIMITS)
def test_more_is_left_once_it_resets(steps: list[float], limit: int) -> None:
    """`resets_in` after an admitted request, a client that stays silent has more left than it was told."""
    window, counter = SlidingWindow(limit, LENGTH), WindowCounter()
    for now in moments(steps):
        decision = window.admit(counter, now)
        later = window.admit(counter.copy(), now + decision.resets_in)
        # The request that asks has itself used one.
        assert later.remaining + 1 > decision.remaining


@given(steps=STEPS, limit=LIMITS)
def test_what_remains_passes_at_once(steps: list[float], limit: int) -> None:
    """A client may send exactly as many requests as it was told remain, at the same instant."""
    window, counter = SlidingWindow(limit, LENGTH), WindowCounter()
    for now in moments(steps):
        remaining = window.admit(counter, now).remaining
        twin = counter.copy()
        answers = [window.admit(twin, now).allowed for _ in range(remaining + 1)]
        assert [True] * remaining + [False] == answers


@given(steps=STEPS, limit=st.integers(1, 200))
def test_a_counter_is_bounded(steps: list[float], limit: int) -> None:
    """However requests fall, a counter holds at most `BUCKETS` older buckets beside the newest."""
    window, counter = SlidingWindow(limit, LENGTH), WindowCounter()
    for now in moments(steps):
        window.admit(counter, now)
        assert len(counter.older or ()) <= 2 * BUCKETS


@given(
    visits=st.lists(st.tuples(st.integers(0, 60), st.integers(1, 12)), min_size=5, max_size=60),
    limit=LIMITS,
)
def test_a_cost_counts_as_so_many_requests_at_one_instant(
    visits: list[tuple[int, int]], limit: int
) -> None:
    """If all of them would pass it says what the last one would hear; else nothing is counted."""
    window, counter, model, now = SlidingWindow(limit, LENGTH), WindowCounter(), WindowCounter(), 1000.0
    for ticks, cost in visits:
        now += ticks * TICK
        decision = window.admit(counter, now, cost)
        several = model.copy()
        *_, last = [window.admit(several, now) for _ in range(cost)]
        if last.allowed:
            model = several
            assert last == decision
        else:
            assert not decision.allowed
            # What it was told remains passes at once, and not one more.
            twin = counter.copy()
            single = [window.admit(twin, now).allowed for _ in range(decision.remaining + 1)]
            assert [True] * decision.remaining + [False] == single
            assert 0 < decision.resets_in <= LENGTH
        assert window.wait(model.copy(), now) == window.wait(counter.copy(), now)


def test_a_refused_cost_is_told_when_more_is_left() -> None:
    """That may not be enough for it yet, and a cheaper one may pass before."""
    window, counter = SlidingWindow(5, 64), WindowCounter()
    assert [Decision(True, 3, 64.0), Decision(True, 1, 54.0)] == [
        window.admit(counter, now, 2) for now in (0.0, 10.0)
    ]
    assert Decision(allowed=False, remaining=1, resets_in=44.0) == window.admit(counter, 20.0, 4)
    assert Decision(allowed=False, remaining=3, resets_in=10.0) == window.admit(counter, 64.0, 4)
    assert Decision(allowed=True, remaining=0, resets_in=10.0) == window.admit(counter, 64.0, 3)


def test_a_cost_above_the_limit_never_passes() -> None:
    """Neither where nothing was used, nor where nothing counts any more: the whole window is reported."""
    window, counter = SlidingWindow(3, 60), WindowCounter()
    never = Decision(allowed=False, remaining=3, resets_in=60.0)
    assert never == window.admit(counter, 10.0, 4)
    assert Decision(allowed=True, remaining=0, resets_in=60.0) == window.admit(counter, 20.0, 3)
    assert Decision(allowed=False, remaining=0, resets_in=50.0) == window.admit(counter, 30.0, 4)
    assert never == window.admit(counter, 100.0, 4)


@pytest.mark.parametrize("cost", [0, -1])
def test_a_cost_must_be_positive(cost: int) -> None:
    """Less would give requests back."""
    window, counter = SlidingWindow(3, 60), WindowCounter()
    with pytest.raises(ValueError, match="cost must be positive"):
        window.admit(counter, 10.0, cost)
    assert Decision(allowed=True, remaining=2, resets_in=60.0) == window.admit(counter, 10.0)


def test_a_steady_stream_fills_every_bucket_and_no_more() -> None:
    """A client that never stops has all its buckets in use, and never one too many."""
    window, counter = SlidingWindow(10**6, LENGTH), WindowCounter()
    most = 0
    for now in moments([TICK] * 1000):
        window.admit(counter, now)
        most = max(most, len(counter.older or ()))
    assert 2 * BUCKETS == most


@settings(max_examples=30)
@given(limit=st.integers(1, 500), overload=st.floats(1.05, 5), length=st.sampled_from([1.0, 60.0, 3600.0]))
def test_a_steady_overload_gets_at_least_19_20ths_of_the_limit(
    limit: int, overload: float, length: float
) -> None:
    """Sharing buckets costs a client that asks all the time for too much at most a twentieth."""
    window, counter = SlidingWindow(limit, length), WindowCounter()
    windows = 8
    asked = int(windows * max(limit * overload, 1000))
    passed = sum(window.admit(counter, n * windows * length / asked).allowed for n in range(asked))
    assert passed >= 0.95 * limit * windows


def test_a_burst_is_exact() -> None:
    """The whole limit may come at one instant, and all of it is back after exactly one length."""
    window, counter = SlidingWindow(3, 60), WindowCounter()
    burst = [window.admit(counter, 10.0) for _ in range(4)]
    assert [(True, 2), (True, 1), (True, 0), (False, 0)] == [(d.allowed, d.remaining) for d in burst]
    assert not window.admit(counter, 69.0).allowed
    assert Decision(allowed=True, remaining=2, resets_in=60.0) == window.admit(counter, 70.0)


def test_a_bucket_is_as_young_as_its_newest_request() -> None:
    """Requests that share a bucket are given back together, when the last of them leaves the window."""
    window, counter = SlidingWindow(5, 64), WindowCounter()
    assert all(window.admit(counter, now).allowed for now in (0.0, 1.5, 10.0, 11.5, 20.0))
    assert Decision(allowed=False, remaining=0, resets_in=0.5) == window.admit(counter, 65.0)
    assert Decision(allowed=True, remaining=1, resets_in=10.0) == window.admit(counter, 65.5)
    assert Decision(allowed=True, remaining=0, resets_in=1.5) == window.admit(counter, 74.0)
    assert Decision(allowed=True, remaining=1, resets_in=8.5) == window.admit(counter, 75.5)


def test_the_time_to_reset_counts_down() -> None:
    """After a first request the time falls with the clock, as a client of a fixed window expects."""
    window, counter = SlidingWindow(10, 60), WindowCounter()
    reported = [window.admit(counter, now).resets_in for now in (0.0, 10.0, 45.0)]
    assert [60.0, 50.0, 15.0] == reported


def test_resets_in_is_never_rounded_above_the_length() -> None:
    """A client is never told more than the length, rounded up, whatever time it is."""
    window = SlidingWindow(1, 0.1)
    for number in range(1000):
        counter, now = WindowCounter(), 86_400.1 + number * 0.3
        assert window.admit(counter, now).resets_in <= 0.1
        assert window.admit(counter, now).resets_in <= 0.1


def test_refused_requests_count_for_nothing() -> None:
    """A client that hammers on while it is refused is admitted as early as one that waits."""
    window, counter = SlidingWindow(1, 60), WindowCounter()
    window.admit(counter, 0.0)
    assert not any(window.admit(counter, float(second)).allowed for second in range(1, 60))
    assert window.admit(counter, 60.0).allowed


def test_a_counter_expires_with_its_last_request() -> None:
    """A counter may be forgotten one length after the last request that passed, and not before."""
    window, counter = SlidingWindow(5, 60), WindowCounter()
    assert window.expired(counter, 0.0)
    window.admit(counter, 0.0)
    window.admit(counter, 30.0)
    assert not window.expired(counter, 89.0)
    assert window.expired(counter, 90.0)


def test_a_copy_counts_by_itself() -> None:
    """What is admitted on a copy does not show on the counter it was made from."""
    window, counter = SlidingWindow(100, 4.0), WindowCounter()
    for now in moments([0.5] * 4):
        window.admit(counter, now)
    twin = counter.copy()
    for now in moments([0.5] * 4, start=1002.0):
        window.admit(twin, now)
    assert 4 == counter.used
    assert 8 == twin.used
    assert Decision(allowed=True, remaining=95, resets_in=2.5) == window.admit(counter, 1002.0)


@pytest.mark.parametrize(("limit", "length"), [(0, 60), (-1, 60), (1, 0), (1, -1.0), (1, float("nan"))])
def test_limit_and_length_must_be_positive(limit: int, length: float) -> None:
    """A window that could admit nothing, or has no length, is refused when it is made."""
    with pytest.raises(ValueError, match="must be positive"):
        SlidingWindow(limit, length)
