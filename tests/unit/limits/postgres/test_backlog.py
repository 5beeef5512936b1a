"""Hits that wait for a statement: each client once in it, and each hit in its turn."""

import asyncio

from estuary.core.errors import LimiterUnavailable
from estuary.limits.batching import Hits
from estuary.limits.postgres.backlog import Backlog


def hits(client: str, cost: int = 1, number: int = 1) -> Hits:
    """So many hits of the client."""
    made = Hits(client, cost)
    made.waiting = [asyncio.get_running_loop().create_future() for _ in range(number)]
    return made


def reported(batch: list[Hits]) -> list[tuple[str, int, int]]:
    """The clients of a statement, what each hit costs, and how many there are."""
    return [(each.client, each.cost, len(each.waiting)) for each in batch]


async def test_a_statement_counts_each_client_once() -> None:
    """What else a client asks for waits for the next one, in its order."""
    backlog = Backlog()
    backlog.add([hits("ann"), hits("ann", 5), hits("bob"), hits("ann")])
    statements = [reported(backlog.take(9)) for _ in range(3)]
    assert [[("ann", 1, 1), ("bob", 1, 1)], [("ann", 5, 1)], [("ann", 1, 1)]] == statements
    assert not backlog


async def test_hits_at_one_cost_join_those_that_wait() -> None:
    """They are the same question, unless others of the client stand between them."""
    backlog = Backlog()
    backlog.add([hits("ann", number=2), hits("bob", 5)])
    backlog.add([hits("ann", number=3), hits("bob"), hits("bob", 5)])
    assert [("ann", 1, 5), ("bob", 5, 1)] == reported(backlog.take(9))
    assert [("bob", 1, 1)] == reported(backlog.take(9))


async def test_a_client_of_many_costs_does_not_hold_up_others() -> None:
    """It goes behind them after each statement that it is in."""
    backlog = Backlog()
    backlog.add([hits("ann"), hits("ann", 5), hits("ann"), hits("bob"), hits("cid")])
    statements = [reported(backlog.take(1)) for _ in range(5)]
    assert ["ann", "bob", "cid", "ann", "ann"] == [client for ((client, _, _),) in statements]


async def test_each_hit_is_told_of_a_failure() -> None:
    """Also those behind others of their client; nothing waits after it."""
    backlog = Backlog()
    batch = [hits("ann"), hits("ann", 5), hits("bob", number=2)]
    backlog.add(batch)
    backlog.fail("no route")
    errors = [future.exception() for each in batch for future in each.waiting]
    assert [(LimiterUnavailable, "no route")] * 4 == [(type(error), str(error)) for error in errors]
    assert not backlog
