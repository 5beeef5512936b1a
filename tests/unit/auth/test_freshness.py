"""Freshness: the moments of a key set's life."""

from estuary.auth.freshness import Freshness


def fresh(random: float = 0.0) -> Freshness:
    """Keys that were fetched at 1000, fresh for 100 seconds, stale for 1000 more."""
    freshness = Freshness(100.0, 1000.0, lambda: random)
    freshness.fetched(1000.0)
    return freshness


def test_at_first_keys_are_due_and_not_there() -> None:
    """Nothing was fetched: fetch now."""
    freshness = Freshness(100.0, 1000.0, lambda: 0.0)
    assert freshness.next_at <= 0.0
    assert not freshness.usable(0.0)


def test_keys_are_refreshed_before_their_time_is_over() -> None:
    """At nine tenths of it at the latest, at three quarters at the earliest."""
    assert (1090.0, 1075.0) == (fresh(0.0).next_at, fresh(1.0).next_at)


def test_the_age_of_kept_keys_counts() -> None:
    """Keys from a file are as old as they are."""
    freshness = Freshness(100.0, 1000.0, lambda: 0.0)
    freshness.fetched(1000.0, age=50.0)
    assert 1040.0 == freshness.next_at
    assert freshness.usable(2049.0)
    assert not freshness.usable(2050.0)


def test_keys_are_used_until_they_are_too_stale() -> None:
    """Their time and the staleness together, whether refreshing failed or not."""
    assert fresh().usable(2099.0)
    assert not fresh().usable(2100.0)


def test_failures_space_the_attempts() -> None:
    """1, 2, 4 seconds and so on to a minute; with no keys at all to ten seconds, jittered by half."""
    freshness, pauses = fresh(1.0), []
    for _ in range(8):
        freshness.failed(1000.0)
        pauses.append(freshness.next_at - 1000.0)
    assert [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0] == pauses
    empty = Freshness(100.0, 1000.0, lambda: 0.0)
    for _ in range(8):
        empty.failed(0.0)
    assert 5.0 == empty.next_at


def test_a_success_ends_the_spacing() -> None:
    """The next failure is the first again."""
    freshness = fresh(1.0)
    for _ in range(5):
        freshness.failed(1000.0)
    freshness.fetched(1000.0)
    freshness.failed(1000.0)
    assert 1001.0 == freshness.next_at


def test_unknown_keys_count_by_themselves() -> None:
    """A fetch that was due anyway does not delay the first look for a new key; looks are 10 s apart."""
    freshness = fresh()
    assert [True, False, False, True] == [freshness.look_again(now) for now in (1000, 1001, 1009, 1010)]
