"""What operators' tools see, and where: a port of their own, or a token."""

from pathlib import Path

import httpx
import pytest

from estuary.http.asgi import AsgiAdapter
from tests.support.service import client_of, make_service

TOKEN = "scrape-me-if-you-can"
PROBES = ("/", "/health", "/health/live", "/health/ready")


async def test_a_token_guards_metrics_and_the_details_of_health(tmp_path: Path) -> None:
    """Without it health still says how things are, and nothing about the machine."""
    async with client_of(make_service(tmp_path, METRICS_TOKEN=TOKEN)) as client:
        for headers in ({}, {"Authorization": "Basic x"}, {"Authorization": f"Bearer {TOKEN}x"}):
            assert 401 == (await client.get("/metrics", headers=headers)).status_code
            assert {"status", "timestamp"} == set((await client.get("/health", headers=headers)).json())
        known = {"Authorization": f"Bearer {TOKEN}"}
        assert "http_requests_total" in (await client.get("/metrics", headers=known)).text
        assert {"database", "system"} <= set((await client.get("/health", headers=known)).json())
        assert [200] * 4 == [(await client.get(path)).status_code for path in PROBES]


async def test_a_wrong_token_is_no_defect_whatever_it_is(tmp_path: Path) -> None:
    """Bytes outside ASCII, nothing, and a great deal of it."""
    async with client_of(make_service(tmp_path, METRICS_TOKEN=TOKEN)) as client:
        for token in (b"", b"\xff\xfe", b"x" * 10_000):
            answer = await client.get("/metrics", headers={b"Authorization": b"Bearer " + token})
            assert 401 == answer.status_code


async def test_with_a_port_of_their_own_the_service_s_port_shows_no_details(tmp_path: Path) -> None:
    """Metrics are not there, health is the upshot; the API is where it was."""
    service = make_service(tmp_path, ADMIN_PORT="9000")
    async with client_of(service, metrics=False) as client:
        assert 404 == (await client.get("/metrics")).status_code
        assert {"status", "timestamp"} == set((await client.get("/health")).json())
        assert [200] * 4 == [(await client.get(path)).status_code for path in PROBES]
        assert 200 == (await client.get("/api/v1/items")).status_code


@pytest.mark.parametrize("token", ["", TOKEN])
async def test_their_own_port_shows_everything_and_nothing_else(tmp_path: Path, token: str) -> None:
    """Every detail, the token's guard included where there is one; neither API nor limit."""
    service = make_service(
        tmp_path, ADMIN_PORT="9000", METRICS_TOKEN=token, RATE_LIMIT_MAX_REQUESTS="1", AUTH_ENABLED="false"
    )
    assert service.admin is not None
    await service.start()
    adapter = AsgiAdapter(service.admin, service.start, service.stop)
    transport = httpx.ASGITransport(app=adapter, client=("192.0.2.1", 40000))
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://admin.test", headers=headers
    ) as admin:
        for _ in range(3):
            assert "process_cpu_seconds_total" in (await admin.get("/metrics")).text
            assert {"database", "system"} <= set((await admin.get("/health")).json())
        assert 404 == (await admin.get("/api/v1/items")).status_code
        service.drain()
        drained = await admin.get("/health/ready")
        assert (503, "shutting_down") == (drained.status_code, drained.json()["reason"])
    await service.stop()


async def test_without_either_everything_is_where_it_always_was(tmp_path: Path) -> None:
    """Who sets neither keeps what scrapers and probes were built on."""
    service = make_service(tmp_path)
    assert service.admin is None
    async with client_of(service) as client:
        assert 200 == (await client.get("/metrics")).status_code
        assert {"database", "system"} <= set((await client.get("/health")).json())
