"""The balance: who is to take the next connection."""

from estuary.http.http1.balance import ALONE, Balance, leave


def test_the_one_with_the_fewest_is_next() -> None:
    """Where several hold as few, each of them may take it."""
    held = [0, 0, 0]
    first, second, third = (Balance(held, number) for number in range(3))
    assert (True, True, True) == (first.is_next, second.is_next, third.is_next)
    first.opened()
    second.opened()
    assert (False, False, True) == (first.is_next, second.is_next, third.is_next)
    third.opened()
    third.opened()
    assert (True, True, False) == (first.is_next, second.is_next, third.is_next)
    third.closed()
    assert third.is_next


def test_a_process_that_is_not_there_is_not_waited_for() -> None:
    """One that has died holds nothing, and one that takes its place begins with nothing."""
    held = [0, 0]
    first = Balance(held, 0)
    first.opened()
    reported = [first.is_next]
    second = Balance(held, 1)
    reported.append(first.is_next)
    for _ in range(3):
        second.opened()
    leave(held, 1)
    reported.append(first.is_next)
    assert [True, False, True] == reported
    assert (True, False) == (Balance(held, 1).is_next, first.is_next)


def test_a_single_process_is_alone() -> None:
    """It takes every connection."""
    assert ALONE.alone
    assert ALONE.is_next
    assert not Balance([0, 0], 1).alone
