"""What becomes of the limit when something happens to the PostgreSQL that counts it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from estuary.core.errors import LimiterRefused, LimiterUnavailable
from estuary.core.observations import LimiterChanged, Observation, RetryDue
from estuary.limits.postgres import PostgresRateLimiter
from tests.support.servers.postgres import GUARDED_USER, Postgres, postgres_server
from tests.support.waiting import until


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    """One server for all tests of the module."""
    with postgres_server() as server:
        yield server


@asynccontextmanager
async def watched(url: str, window: float = 60.0) -> AsyncIterator[tuple[PostgresRateLimiter, list[bool]]]:
    """A limiter of three requests, open while the block runs, and whether it was up, at each change."""
    reported: list[bool] = []

    def note(observation: Observation) -> None:
        assert isinstance(observation, LimiterChanged | RetryDue)
        if isinstance(observation, LimiterChanged):
            reported.append(observation.available)

    limiter = PostgresRateLimiter(3, window, url, note)
    await limiter.open()
    try:
        yield limiter, reported
    finally:
        await limiter.close()


async def test_a_restart_is_survived(postgres: Postgres) -> None:
    """While it is down requests fail at once; when it is back, so is the limit; each is reported."""
    async with watched(postgres.url) as (limiter, shown):
        await limiter.hit("x")
        postgres.stop()
        with pytest.raises(LimiterUnavailable):
            await limiter.hit("x")
        assert [False] == shown
        postgres.start()
        await until(lambda: [False, True] == shown, seconds=30.0)
        assert (await limiter.hit("y")).allowed


async def test_waiting_for_a_server_that_hangs_is_bounded(postgres: Postgres) -> None:
    """Those who ask first wait for their bounded time, all others not at all."""
    async with watched(postgres.url) as (limiter, reported):
        with postgres.frozen():
            first = await asyncio.gather(*(limiter.hit(f"{n}") for n in range(50)), return_exceptions=True)
            assert {LimiterUnavailable} == {type(each) for each in first}
            assert [False] == reported
            with pytest.raises(LimiterUnavailable, match="no answer within"):
                await limiter.hit("x")
        await until(lambda: reported[-1], seconds=30.0)


async def test_a_session_that_is_ended_is_replaced(postgres: Postgres) -> None:
    """As by an administrator, or a pooler that is restarted."""
    async with watched(postgres.url) as (limiter, reported):
        postgres.end_sessions()
        with pytest.raises(LimiterUnavailable):
            await limiter.hit("x")
        await until(lambda: [False, True] == reported, seconds=30.0)


@pytest.mark.parametrize(
    ("user", "database", "message"),
    [
        (f"{GUARDED_USER}:wrong", "estuary", "password authentication failed"),
        ("estuary", "none", "not exist"),
    ],
)
async def test_what_an_operator_must_mend_is_told_at_the_start(
    postgres: Postgres, user: str, database: str, message: str
) -> None:
    """With what PostgreSQL says, and without the password."""
    with pytest.raises(LimiterRefused, match=f"^RATE_LIMIT_STORE is postgres: .*{message}") as raised:
        async with watched(postgres.url_of(database, user=user)):
            pass
    assert "wrong" not in str(raised.value)


async def test_a_user_who_may_create_nothing_is_told_what_to_do(postgres: Postgres) -> None:
    """With the statements that an administrator may run instead; once they were, requests are counted."""
    url = postgres.create_database("guarded").replace("estuary@", "poor@")
    postgres.execute("CREATE ROLE poor LOGIN", "postgres")
    postgres.admit("poor")
    with pytest.raises(LimiterRefused, match="permission denied for schema") as raised:
        async with watched(url):
            pass
    create, _, grant = str(raised.value).partition("create this one yourself: ")[2].partition("; ")
    postgres.execute(create, "guarded")
    with pytest.raises(LimiterRefused, match="permission denied for table"):
        async with watched(url):
            pass
    postgres.execute(grant, "guarded")
    async with watched(url) as (limiter, _):
        assert [True, True, True, False] == [(await limiter.hit("x")).allowed for _ in range(4)]


async def test_what_is_counted_is_forgotten(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood of addresses leaves nothing behind, one window after it."""
    monkeypatch.setattr("estuary.limits.postgres.limiter.SWEEP_SECONDS", 0.1)
    count = "SELECT count(*) FROM _estuary_rate_limits WHERE client LIKE 'forged%'"
    async with watched(postgres.url, window=0.2) as (limiter, _):
        decisions = await asyncio.gather(*(limiter.hit(f"forged {number}") for number in range(1000)))
        assert 1000 == sum(decision.allowed for decision in decisions)
        await until(lambda: "0" == postgres.execute(count))


async def test_the_table_is_made_once_however_many_start(postgres: Postgres) -> None:
    """Replicas that come up at the same time do not trip over each other."""
    postgres.execute("DROP TABLE IF EXISTS _estuary_rate_limits")
    async with AsyncExitStack() as stack:
        opening = [stack.enter_async_context(watched(postgres.url)) for _ in range(8)]
        opened = await asyncio.gather(*opening)
        decisions = await asyncio.gather(*(limiter.hit("new") for limiter, _ in opened))
    assert 3 == sum(decision.allowed for decision in decisions)
    assert [] == [reported for _, reported in opened if reported]
