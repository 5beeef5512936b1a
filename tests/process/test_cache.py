"""A service with a cache answers as one without: no worker gives what was before a write."""

import json
from pathlib import Path

import httpx
import pytest

from tests.support.http import get
from tests.support.process import Server, serving
from tests.support.servers.redis import redis_server

SQLITE = {"DATABASE_URL": "sqlite:///data/estuary.db", "WORKERS": "2"}
ROUNDS, READERS = 15, 6


def write_and_read(server: Server) -> None:
    """After each write, readers on connections of their own, and so on any worker, see it."""
    with httpx.Client(base_url=server.origin) as writer:
        path = f"/api/v1/items/{writer.post('/api/v1/items', json={'name': 'first'}).json()['id']}"
        for number in range(ROUNDS):
            writer.put(path, json={"name": f"name {number}"}).raise_for_status()
            for _ in range(READERS):
                document = json.loads(get(server, path).body)
                assert f"name {number}" == document["name"]


def hits(server: Server) -> float:
    """How often a record was found in the cache."""
    lines = httpx.get(f"{server.origin}/metrics").text.splitlines()
    counts = [line for line in lines if line.startswith("cache_requests_total") and 'result="hit"' in line]
    return sum(float(line.split()[1]) for line in counts)


def test_workers_with_caches_of_their_own_see_each_others_writes(tmp_path: Path) -> None:
    """Two processes, each with its own memory; and the caches were used."""
    with serving(tmp_path, {**SQLITE, "CACHE_TYPE": "local"}) as server:
        write_and_read(server)
        assert 0 < hits(server)


@pytest.mark.long
def test_workers_share_a_cache_in_redis_and_outlive_it(tmp_path: Path) -> None:
    """With Redis, and while it is gone, every answer is the latest."""
    with redis_server() as redis:
        variables = {**SQLITE, "CACHE_TYPE": "redis", "REDIS_URL": redis.url, "RATE_LIMIT_STORE": "local"}
        with serving(tmp_path, variables) as server:
            write_and_read(server)
            assert 0 < hits(server)
            redis.stop()
            write_and_read(server)
            redis.start()
            write_and_read(server)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"DATABASE_URL": "sqlite:///data/estuary.db"}, "REDIS_URL must say where Redis is"),
        ({"REDIS_URL": "redis://127.0.0.1/0"}, "records are kept in memory"),
    ],
)
def test_a_cache_in_redis_needs_redis_and_a_store_that_lasts(
    tmp_path: Path, variables: dict[str, str], message: str
) -> None:
    """What would not work, or would give another service's records, is refused before anything starts."""
    from tests.support.command import estuary

    done = estuary(tmp_path, "check", CACHE_TYPE="redis", **variables)
    assert 2 == done.returncode
    assert message in done.stderr
