"""One death is an accident, many in a short time are a crash loop."""

from estuary.server.respawn import RespawnGuard


def test_the_first_death_costs_no_time() -> None:
    """The replacement starts at once."""
    assert 0.0 == RespawnGuard().pause(100.0)


def test_deaths_in_a_row_cost_more_each_and_then_end_it() -> None:
    """Six within half a minute are too many."""
    guard = RespawnGuard()
    assert [0.0, 0.1, 0.2, 0.4, 0.8, None] == [guard.pause(100.0 + number) for number in range(6)]


def test_deaths_far_apart_are_accidents() -> None:
    """One every half minute, for ever, is replaced at once every time."""
    guard = RespawnGuard()
    assert [0.0] * 20 == [guard.pause(100.0 + 30 * number) for number in range(20)]
