"""Turns: the worker with the fewest connections takes the next one."""

from estuary.http.http1.turns import ALONE, Turns, leave


def test_the_one_with_the_fewest_is_next() -> None:
    """And where several hold as few, each of them may."""
    held = [0, 0, 0]
    first, second, third = (Turns(held, number) for number in range(3))
    assert (True, True, True) == (first.mine, second.mine, third.mine)
    first.took()
    second.took()
    assert (False, False, True) == (first.mine, second.mine, third.mine)
    third.took()
    third.took()
    assert (True, True, False) == (first.mine, second.mine, third.mine)
    third.ended()
    assert third.mine


def test_a_process_that_is_not_there_is_not_waited_for() -> None:
    """One that has died holds nothing, and one that takes its place begins with nothing."""
    held = [0, 0]
    first = Turns(held, 0)
    first.took()
    told = [first.mine]
    second = Turns(held, 1)
    told.append(first.mine)
    for _ in range(3):
        second.took()
    leave(held, 1)
    told.append(first.mine)
    assert [True, False, True] == told
    assert (True, False) == (Turns(held, 1).mine, first.mine)


def test_a_single_process_is_alone() -> None:
    """There is no other worker to take turns with."""
    assert ALONE.alone
    assert ALONE.mine
    assert not Turns([0, 0], 1).alone
