"""Each test of the suite runs on each limiter of the table, in a place where nothing was counted yet."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.contract.limiters.kinds import LIMITERS, LimiterKind, Place, Servers
from tests.support.servers.postgres import postgres_server
from tests.support.servers.redis import redis_server


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Servers that run for the whole suite."""
    with redis_server() as redis, postgres_server() as postgres:
        yield Servers(redis, postgres)


@pytest.fixture(params=LIMITERS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> LimiterKind:
    """The limiter under test."""
    chosen: LimiterKind = request.param
    return chosen


@pytest.fixture
async def place(kind: LimiterKind, servers: Servers) -> AsyncIterator[Place]:
    """Where it counts."""
    async with kind.place(servers) as place:
        yield place
