"""Requests that ask together are asked about together; who asks alone waits for no other."""

import asyncio

import pytest

from estuary.limits.gathering import SOME, TURNS, Gathering, Waiting


class Asked:
    """The questions that were asked, each by the number of requests of each client in it."""

    def __init__(self) -> None:
        self.questions: list[dict[str, int]] = []
        self.gathering = Gathering(self._flush)

    def _flush(self, waiting: Waiting) -> None:
        self.questions.append({client: len(futures) for client, futures in waiting.items()})

    async def together(self, *clients: str) -> None:
        """Have requests of these clients ask in one turn of the event loop, and let that end."""
        for client in clients:
            self.gathering.join(client)
        await asyncio.sleep(0)

    async def rest(self) -> None:
        """Let pass what a question may wait for others, without any."""
        for _ in range(TURNS + 1):
            await asyncio.sleep(0)


@pytest.fixture
def asked() -> Asked:
    """There was no request."""
    return Asked()


async def test_who_asks_alone_waits_for_nobody(asked: Asked) -> None:
    """Each is a question of its own, asked before the next turn."""
    for _ in range(5):
        await asked.together("ann")
    assert [{"ann": 1}] * 5 == asked.questions


async def test_those_of_one_turn_are_one_question(asked: Asked) -> None:
    """About each client once, with the number of its requests."""
    await asked.together("ann", "bob", "ann")
    assert [{"ann": 2, "bob": 1}] == asked.questions


async def test_after_a_question_about_some_the_next_waits_for_others(asked: Asked) -> None:
    """Those of so many further turns go along, and no more of them."""
    await asked.together(*["ann"] * SOME)
    for _ in range(TURNS + 2):
        await asked.together("bob")
    await asked.rest()
    assert [{"ann": SOME}, {"bob": TURNS + 1}, {"bob": 1}] == asked.questions


async def test_after_a_question_about_few_nobody_waits(asked: Asked) -> None:
    """One request less, and the next one is asked about at once."""
    await asked.together(*["ann"] * (SOME - 1))
    await asked.together("bob")
    assert [{"ann": SOME - 1}, {"bob": 1}] == asked.questions


async def test_the_wait_ends_without_others(asked: Asked) -> None:
    """In the turns that were said, and the one after it waits no more."""
    await asked.together(*["ann"] * SOME)
    await asked.together("bob")
    assert 1 == len(asked.questions)
    await asked.rest()
    await asked.together("cid")
    assert [{"ann": SOME}, {"bob": 1}, {"cid": 1}] == asked.questions
