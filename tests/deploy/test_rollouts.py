"""A rollout loses nothing: replicas behind the shipped proxies are drained and replaced under load."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from estuary.config.variables.server import ServerVariables
from tests.support.fleet import fleet
from tests.support.servers.postgres import postgres_server
from tests.support.servers.proxy import HAProxy, Nginx, Proxy, running
from tests.support.traffic import traffic

SOAK = os.environ.get("ESTUARY_TEST_SOAK") == "1"
REQUESTS_A_ROUND = 1_400  # more than 20,000 in 15 rounds


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """What the replicas share: a PostgreSQL of their own."""
    with postgres_server() as server:
        yield server.url


@pytest.mark.parametrize(
    ("make", "rounds"),
    [
        *(pytest.param(Nginx, 5 if SOAK else 1, id=f"nginx-{part}") for part in range(3 if SOAK else 1)),
        pytest.param(HAProxy, 2 if SOAK else 1, id="haproxy"),
    ],
)
def test_no_request_fails_while_replicas_are_replaced(
    tmp_path: Path, database: str, make: Callable[[Path, Sequence[int]], Proxy], rounds: int
) -> None:
    """Reads and writes of eight clients all succeed; every replica ends with exit code 0."""
    variables = {
        "DATABASE_URL": database,
        "LOG_FILTER": "estuary=info,estuary::access=warn",
        "SHUTDOWN_DRAIN_SECONDS": ServerVariables.shutdown_drain_seconds.production,
    }
    with fleet(tmp_path, variables) as replicas, running(make(tmp_path, replicas.ports)) as proxy:
        with traffic(proxy.port) as clients:
            codes = [replicas.replace(number) for _ in range(rounds) for number in range(3)]
        assert ([], [0] * 3 * rounds) == (clients.failures, codes)
        assert REQUESTS_A_ROUND * rounds <= clients.succeeded.total()
