"""The limits a client meets: requests per window, requests in flight."""

import asyncio
from collections.abc import AsyncIterator
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import httpx

from estuary.core.measurements import RequestServed
from estuary.core.observations import Observation
from estuary.http.messages import Response
from tests.support.kernel import client_of_handler
from tests.support.service import client_of, make_service
from tests.support.waiting import until

ITEMS = "/api/v1/items"
FORGED = 1000


async def test_a_client_is_told_what_is_left(tmp_path: Path) -> None:
    """Every limited answer carries both families of headers; then 429 with Retry-After."""
    variables = {"RATE_LIMIT_MAX_REQUESTS": "2", "RATE_LIMIT_WINDOW_SECONDS": "60"}
    async with client_of(make_service(tmp_path, **variables)) as client:
        first = await client.get(ITEMS)
        assert "2" == first.headers["x-ratelimit-limit"]
        assert "1" == first.headers["x-ratelimit-remaining"]
        assert 1 <= int(first.headers["x-ratelimit-reset"]) <= 60
        assert '"default";q=2;w=60' == first.headers["ratelimit-policy"]
        assert first.headers["ratelimit"].startswith('"default";r=1;t=')
        assert "0" == (await client.get("/nothing")).headers["x-ratelimit-remaining"]
        refused = await client.get(ITEMS)
        assert (429, "RATE_LIMIT_EXCEEDED") == (refused.status_code, refused.json()["error"])
        assert "Too many requests" == refused.json()["message"]
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert "0" == refused.headers["x-ratelimit-remaining"]
        assert "DENY" == refused.headers["x-frame-options"]


async def test_health_and_metrics_are_exempt(tmp_path: Path) -> None:
    """Probes and scrapes pass whatever the client used up, and carry no limit headers."""
    async with client_of(make_service(tmp_path, RATE_LIMIT_MAX_REQUESTS="1")) as client:
        assert [200, 429] == [(await client.get(ITEMS)).status_code for _ in range(2)]
        for path in ("/", "/health", "/health/live", "/health/ready", "/metrics"):
            response = await client.get(path)
            assert 200 == response.status_code
            assert "x-ratelimit-limit" not in response.headers


async def test_forged_addresses_do_not_help(tmp_path: Path) -> None:
    """A thousand of them have the one limit of their peer; behind a trusted proxy, each its own."""
    variables = {"RATE_LIMIT_MAX_REQUESTS": "3"}
    async with client_of(make_service(tmp_path, **variables)) as client:
        assert [200] * 3 + [429] * (FORGED - 3) == await statuses(client)
    async with client_of(make_service(tmp_path, TRUSTED_PROXIES="192.0.2.0/24", **variables)) as client:
        assert [200] * FORGED == await statuses(client)


async def test_the_limit_can_be_switched_off(tmp_path: Path) -> None:
    """Without it there are no limit headers."""
    async with client_of(make_service(tmp_path, RATE_LIMIT_ENABLED="false")) as client:
        assert "x-ratelimit-limit" not in (await client.get(ITEMS)).headers


async def test_too_many_in_flight_are_shed(tmp_path: Path) -> None:
    """Beyond the cap 503 with Retry-After; probes are spared; when the rest is done all is well."""
    release = asyncio.Event()

    async def slow_body() -> AsyncIterator[bytes]:
        await release.wait()
        yield b'{"name":"a"}'

    service = make_service(tmp_path, MAX_IN_FLIGHT="2")
    async with client_of(service) as client:
        headers = {"content-type": "application/json"}
        slow = [
            asyncio.create_task(client.post(ITEMS, content=slow_body(), headers=headers)) for _ in range(2)
        ]
        await until(lambda: service.application.in_flight.number == 2)
        shed = await client.get(ITEMS)
        assert (503, "SERVICE_UNAVAILABLE") == (shed.status_code, shed.json()["error"])
        assert int(shed.headers["retry-after"]) >= 1
        assert 200 == (await client.get("/health/ready")).status_code
        release.set()
        assert [201, 201] == [(await task).status_code for task in slow]
        assert 200 == (await client.get(ITEMS)).status_code


async def statuses(client: httpx.AsyncClient) -> list[int]:
    """The statuses of a thousand requests, each with forwarded addresses of its own, of either family."""
    numbers = [number * 2654435761 % 2**32 for number in range(1, FORGED + 1)]
    # An IPv6 client is its /64.
    addresses = [IPv4Address(n) if n % 2 else IPv6Address(n << 64) for n in numbers]
    return [
        (await client.get(ITEMS, headers={"x-forwarded-for": f"10.0.0.{n % 256}, {address}"})).status_code
        for n, address in enumerate(addresses)
    ]


async def test_what_is_reported_of_a_request_is_bounded() -> None:
    """Reports may wait for a slow log in thousands: an overlong path or method is cut before that."""
    reported: list[Observation] = []
    async with client_of_handler(lambda _: Response(200), observe=reported.append) as client:
        await client.request("M" * 500, f"/{'a' * 9000}")
    (served,) = [each for each in reported if isinstance(each, RequestServed)]
    assert (32, 2048) == (len(served.method), len(served.path))
