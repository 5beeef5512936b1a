"""Hits that come together are asked about together; a hit that comes alone waits for no other."""

import asyncio

import pytest

from estuary.core.allowance import Decision
from estuary.core.errors import LimiterUnavailable
from estuary.limits.batching import SOME, TURNS, Batcher, Hits

Question = list[tuple[str, int, int]]
"""What was asked at once: clients, what each hit costs, and how many there are."""


class Asked:
    """The questions that were asked."""

    def __init__(self) -> None:
        self.questions: list[Question] = []
        self.batcher = Batcher(self._flush)

    def _flush(self, batch: list[Hits]) -> None:
        self.questions.append([(hits.client, hits.cost, len(hits.waiting)) for hits in batch])

    async def together(self, *clients: str) -> None:
        """Have hits of these clients come in one turn of the event loop, and let that end."""
        for client in clients:
            self.batcher.join(client, 1)
        await asyncio.sleep(0)

    async def rest(self) -> None:
        """Let pass what a batch may wait for others, without any."""
        for _ in range(TURNS + 1):
            await asyncio.sleep(0)


@pytest.fixture
def asked() -> Asked:
    """There was no hit."""
    return Asked()


async def test_a_single_hit_is_asked_about_at_once(asked: Asked) -> None:
    """Each is a question of its own, asked before the next turn."""
    for _ in range(5):
        await asked.together("ann")
    assert [[("ann", 1, 1)]] * 5 == asked.questions


async def test_those_of_one_turn_are_one_question(asked: Asked) -> None:
    """About each client once, with the number of its hits."""
    await asked.together("ann", "bob", "ann")
    assert [[("ann", 1, 2), ("bob", 1, 1)]] == asked.questions


async def test_after_a_question_about_some_the_next_waits_for_others(asked: Asked) -> None:
    """Those of so many further turns go along, and no more of them."""
    await asked.together(*["ann"] * SOME)
    for _ in range(TURNS + 2):
        await asked.together("bob")
    await asked.rest()
    assert [[("ann", 1, SOME)], [("bob", 1, TURNS + 1)], [("bob", 1, 1)]] == asked.questions


async def test_after_a_question_about_few_the_next_hit_does_not_wait(asked: Asked) -> None:
    """One hit less, and the next one is asked about at once."""
    await asked.together(*["ann"] * (SOME - 1))
    await asked.together("bob")
    assert [[("ann", 1, SOME - 1)], [("bob", 1, 1)]] == asked.questions


async def test_the_wait_ends_without_others(asked: Asked) -> None:
    """In the turns that were said, and the one after it waits no more."""
    await asked.together(*["ann"] * SOME)
    await asked.together("bob")
    assert 1 == len(asked.questions)
    await asked.rest()
    await asked.together("cid")
    assert [[("ann", 1, SOME)], [("bob", 1, 1)], [("cid", 1, 1)]] == asked.questions


async def test_a_hit_at_another_cost_keeps_its_turn(asked: Asked) -> None:
    """Hits of one client go together as long as they cost the same; those of others change nothing."""
    for client, cost in (("ann", 1), ("ann", 1), ("bob", 5), ("ann", 5), ("bob", 5), ("ann", 1)):
        asked.batcher.join(client, cost)
    await asyncio.sleep(0)
    assert [[("ann", 1, 2), ("bob", 5, 2), ("ann", 5, 1), ("ann", 1, 1)]] == asked.questions


async def test_a_cost_below_one_is_refused(asked: Asked) -> None:
    """It would give requests back, and nothing is asked for it."""
    for cost in (0, -1):
        with pytest.raises(ValueError, match="cost must be positive"):
            asked.batcher.join("ann", cost)
    await asyncio.sleep(0)
    assert [] == asked.questions


def waiting(cost: int, number: int) -> Hits:
    """So many hits at that cost."""
    hits = Hits("ann", cost)
    hits.waiting = [asyncio.get_running_loop().create_future() for _ in range(number)]
    return hits


async def test_the_first_hits_that_fit_pass() -> None:
    """Each gets what is left after it; the others what is left."""
    hits = waiting(cost=3, number=4)
    hits.resolve(admitted=2, remaining=2, resets_in=7.0)
    assert [
        Decision(True, 5, 7.0),
        Decision(True, 2, 7.0),
        Decision(False, 2, 7.0),
        Decision(False, 2, 7.0),
    ] == [each.result() for each in hits.waiting]


async def test_a_hit_whose_client_has_gone_is_passed_over() -> None:
    """The others are told as if it were there."""
    hits = waiting(cost=1, number=2)
    hits.waiting[0].cancel()
    hits.resolve(admitted=2, remaining=0, resets_in=7.0)
    assert Decision(True, 0, 7.0) == hits.waiting[1].result()


async def test_each_hit_is_told_of_a_failure() -> None:
    """With its reason, but for those whose client has gone."""
    hits = waiting(cost=1, number=3)
    hits.waiting[0].cancel()
    hits.fail("no route")
    reported = [each.exception() for each in hits.waiting[1:]]
    assert [(LimiterUnavailable, "no route")] * 2 == [(type(error), str(error)) for error in reported]
