"""One death is an accident, many short lives are a crash loop."""

import pytest

from estuary.server.respawn import RespawnGuard


def test_the_first_deaths_cost_no_time() -> None:
    """Replacements start at once, also when every worker of a machine was killed."""
    guard = RespawnGuard()
    assert [0.0] * 8 == [guard.pause(100.0, 0.0) for _ in range(8)]


@pytest.mark.parametrize("served", [0.0, 0.9])
def test_short_lives_in_a_row_cost_more_each_and_then_end_it(served: float) -> None:
    """Thirteen within half a minute are too many."""
    guard = RespawnGuard()
    pauses = [guard.pause(100.0 + number, served) for number in range(13)]
    assert [0.1, 0.2, 0.4, 0.8, None] == pauses[8:]


def test_short_lives_far_apart_are_accidents() -> None:
    """Eight every half minute, without end, are replaced at once every time."""
    guard = RespawnGuard()
    assert [0.0] * 80 == [guard.pause(100.0 + 30 * (number // 8), 0.0) for number in range(80)]


def test_who_has_served_is_replaced_at_once() -> None:
    """However often it happens: what is killed from outside is no crash loop."""
    guard = RespawnGuard()
    assert [0.0] * 50 == [guard.pause(100.0 + number, 1.0) for number in range(50)]
    assert 0.0 == guard.pause(150.0, 0.0)
