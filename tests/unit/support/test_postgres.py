"""The PostgreSQL that tests bring along does what they ask of it."""

from collections.abc import Iterator

import pytest

from tests.support.servers.postgres import Postgres, postgres_server


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL that runs."""
    with postgres_server() as server:
        yield server


@pytest.mark.parametrize("manner", ["stop", "stop_at_once"])
def test_it_comes_back_with_its_data(postgres: Postgres, manner: str) -> None:
    """Its URL and what was committed outlive both manners of stopping."""
    url, first = postgres.url, postgres.pid
    postgres.execute("CREATE TABLE IF NOT EXISTS kept (n int); INSERT INTO kept VALUES (7)")
    getattr(postgres, manner)()
    with pytest.raises(RuntimeError, match="refused"):
        postgres.execute("SELECT 1")
    postgres.start()
    assert (url, "7") == (postgres.url, postgres.execute("SELECT DISTINCT n FROM kept"))
    assert first != postgres.pid


def test_it_is_emptied_between_tests(postgres: Postgres) -> None:
    """No table is left, and the owner can make new ones."""
    postgres.execute("CREATE TABLE left_over (n int)", user="estuary")
    postgres.empty()
    assert "0" == postgres.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    postgres.execute("CREATE TABLE left_over (n int)", user="estuary")


def test_an_error_is_not_passed_over(postgres: Postgres) -> None:
    """A statement that fails fails the test that made it."""
    with pytest.raises(RuntimeError, match="does not exist"):
        postgres.execute("SELECT * FROM nowhere; SELECT 1")
