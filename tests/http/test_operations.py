"""Health, readiness, metrics and the document, as operators' tools ask for them."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from estuary.core.errors import StoreQueryFailed
from estuary.http import operator_handlers
from estuary.http.messages import Guard, Request, Response, Verdict
from tests.support.kernel import client_of_handler
from tests.support.service import client_of, make_service

ITEMS = "/api/v1/items"


@pytest.mark.parametrize("path", ["/", "/health"])
async def test_health_tells_the_whole_picture(client: httpx.AsyncClient, path: str) -> None:
    """200 with exactly the contract's members, in the contract's types."""
    response = await client.get(path)
    body = response.json()
    assert 200 == response.status_code
    assert ["status", "timestamp", "uptime_seconds", "version", "database", "system"] == list(body)
    assert body["status"] in ("healthy", "degraded")
    assert body["database"]["connected"] is True
    assert body["database"]["response_time_ms"] >= 0
    system = body["system"]
    assert 0 < system["memory_used_mb"] <= system["memory_total_mb"]
    assert 0 < system["memory_usage_percent"] <= 100
    assert system["cpu_count"] >= 1
    assert "no-store" == response.headers["cache-control"]


async def test_probes(client: httpx.AsyncClient) -> None:
    """Liveness and readiness are 200 with status and time."""
    live, ready = await client.get("/health/live"), await client.get("/health/ready")
    assert (200, "alive") == (live.status_code, live.json()["status"])
    assert (200, "ready") == (ready.status_code, ready.json()["status"])
    assert {"status", "timestamp"} == set(ready.json())


async def test_probes_without_a_store(tmp_path: Path, store_variables: dict[str, str]) -> None:
    """A store that is away: alive, unhealthy, not ready with the reason; records are 503."""
    service = make_service(tmp_path, **store_variables)
    async with client_of(service) as client:
        await service.store.close()
        assert 200 == (await client.get("/health/live")).status_code
        health = await client.get("/health")
        assert (200, "unhealthy") == (health.status_code, health.json()["status"])
        assert {"connected": False, "response_time_ms": None} == health.json()["database"]
        ready = await client.get("/health/ready")
        assert (503, "database_unavailable") == (ready.status_code, ready.json()["reason"])
        response = await client.get(ITEMS)
        assert (503, "DATABASE_ERROR") == (response.status_code, response.json()["error"])
        assert "Database connection error" == response.json()["message"]
        assert int(response.headers["retry-after"]) >= 1


async def test_a_store_that_hangs_does_not_hang_the_probes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readiness answers 503 after the probe's own deadline."""
    service = make_service(tmp_path)
    async with client_of(service) as client:

        async def hang() -> None:
            await asyncio.Event().wait()

        monkeypatch.setattr(service.store, "ping", hang)
        monkeypatch.setattr(operator_handlers, "PROBE_SECONDS", 0.05)
        assert 503 == (await client.get("/health/ready")).status_code
        assert 200 == (await client.get("/health/live")).status_code


async def test_draining(tmp_path: Path) -> None:
    """From then on not ready, alive, still serving, and every answer asks to close the connection."""
    service = make_service(tmp_path)
    async with client_of(service) as client:
        assert "connection" not in (await client.get(ITEMS)).headers
        service.drain()
        ready = await client.get("/health/ready")
        assert (503, "shutting_down") == (ready.status_code, ready.json()["reason"])
        for path, status in (("/health/live", 200), (ITEMS, 200), ("/nothing", 404)):
            response = await client.get(path)
            assert (response.status_code, response.headers["connection"]) == (status, "close")


def raising(error: Exception) -> Callable[[Request], Response]:
    """A handler that raises `error`."""

    def raise_it(_: Request) -> Response:
        raise error

    return raise_it


class Defective(Guard):
    """A guard that raises what none should."""

    def check(self, request: Request) -> Verdict:
        """The guard's port."""
        raise ValueError("secret cause", request)


async def test_defects_are_500_and_say_nothing() -> None:
    """An unforeseen error is the envelope with INTERNAL_SERVER_ERROR and nothing of its cause."""
    defect = raising(ValueError("secret cause"))
    for client in (client_of_handler(defect), client_of_handler(defect, guards=[Defective()])):
        async with client:
            response = await client.get("/")
        assert (500, "INTERNAL_SERVER_ERROR") == (response.status_code, response.json()["error"])
        assert "secret" not in response.text
        assert "nosniff" == response.headers["x-content-type-options"]


async def test_a_store_error_is_500_with_its_own_code() -> None:
    """A query the store refuses is DATABASE_ERROR, without the store's words."""
    async with client_of_handler(raising(StoreQueryFailed("SELECT secrets"))) as client:
        response = await client.get("/")
    assert (500, "DATABASE_ERROR") == (response.status_code, response.json()["error"])
    assert "Database query error" == response.json()["message"]
    assert "SELECT" not in response.text


async def test_metrics_count_what_happened(client: httpx.AsyncClient) -> None:
    """Requests by route template, records by kind, queries by operation: never by a client's choice."""
    created = await client.post(ITEMS, json={"name": "a"})
    await client.get(created.headers["location"])
    await client.get("/no/such/path")
    await client.request("BREW", ITEMS)
    samples = await scrape(client)
    assert 1 == samples['http_requests_total{method="POST",endpoint="/api/v1/items",status="201"}']
    assert 1 == samples['http_requests_total{method="GET",endpoint="/api/v1/items/{id}",status="200"}']
    assert 1 == samples['http_requests_total{method="GET",endpoint="unknown",status="404"}']
    assert 1 == samples['http_requests_total{method="OTHER",endpoint="/api/v1/items",status="405"}']
    assert 1 == samples["items_created_total"]
    assert 0 == samples["items_deleted_total"]
    assert 1 == samples["http_requests_in_flight"]
    queries = 'database_queries_total{operation="get",repository="items",status="success"}'
    assert 1 == samples[queries]


async def test_clients_cannot_add_series(client: httpx.AsyncClient) -> None:
    """Random paths, ids and methods leave the number of series as it was."""
    for method in ("GET", "X0"):
        await client.request(method, "/x")
        await client.request(method, f"{ITEMS}/x")
    await scrape(client)
    before = set(await scrape(client))
    for number in range(20):
        await client.get(f"/path/{number}")
        await client.get(f"{ITEMS}/{number}")
        await client.request(f"M{number}", f"/path/{number}")
        await client.request(f"M{number}", f"{ITEMS}/{number}")
    assert before == set(await scrape(client))


async def test_openmetrics_by_accept(client: httpx.AsyncClient) -> None:
    """A scraper that prefers OpenMetrics gets it."""
    response = await client.get(
        "/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"}
    )
    assert response.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert response.text.endswith("# EOF\n")
    plain = await client.get("/metrics")
    assert plain.headers["content-type"].startswith("text/plain; version=0.0.4")


async def scrape(client: httpx.AsyncClient) -> dict[str, float]:
    """Every sample of the metrics page but the host's, which come and go by themselves."""
    lines = (await client.get("/metrics")).text.splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith(("#", "system_", "process_")))
    return {name: float(value) for name, value in pairs}
