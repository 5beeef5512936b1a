"""What other servers hand over is held to the same: their scopes are not as strict as our own parser."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from estuary.http.asgi import AsgiAdapter
from tests.support.service import make_service

Pairs = Sequence[tuple[bytes, bytes]]
HOST = (b"host", b"estuary.test")


async def answered(directory: Path, headers: Pairs, **scope: Any) -> tuple[int, dict[str, str], Any]:
    """Status, header fields and decoded body of what is answered to a scope with these fields."""
    service = make_service(directory)
    await service.start()
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    whole = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": "/health/live",
        "query_string": b"",
        "headers": headers,
        "client": ("192.0.2.1", 40000),
        **scope,
    }
    await AsgiAdapter(service.application, service.start, service.stop)(whole, receive, send)
    await service.stop()
    start, body = sent
    reported = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], reported, msgspec.json.decode(body["body"]) if body["body"] else None


HOSTS = {
    "none in 1.1": ([], "1.1", 400),
    "none in HTTP/2": ([], "2", 400),
    "none in 1.0": ([], "1.0", 200),
    "one": ([HOST], "1.1", 200),
    "one with blanks": ([(b"host", b" estuary.test:80\t")], "1.1", 200),
    "an invalid one": ([(b"host", b"user@x")], "1.1", 400),
    "an invalid one in 1.0": ([(b"host", b"a b")], "1.0", 400),
    "two": ([HOST, HOST], "1.1", 400),
    "two tokens": ([HOST, (b"authorization", b"a"), (b"Authorization", b"a")], "1.1", 400),
}


@pytest.mark.parametrize(("headers", "version", "status"), HOSTS.values(), ids=HOSTS)
async def test_hosts(tmp_path: Path, headers: Pairs, version: str, status: int) -> None:
    """RFC 9112, 3.2, whichever server has read the head."""
    assert status == (await answered(tmp_path, headers, http_version=version))[0]


async def test_blanks_around_values_are_none_of_them(tmp_path: Path) -> None:
    """RFC 9110, 5.5: servers pass them on."""
    _, reported, _ = await answered(tmp_path, [HOST, (b"X-Request-Id", b" \tmine\t ")])
    assert "mine" == reported["x-request-id"]


@pytest.mark.parametrize(
    ("path", "raw", "status"),
    [
        ("/health/live", b"/health%2Flive", 404),
        ("/health/live", b"/health/%6Cive", 200),
        ("/health/live", b"/health/live", 200),
        ("/health/live", None, 200),
        ("/health/live", b"/mounted/health/live", 200),
        ("/health/live", b"/mounted%2Fhere/health/live", 200),
        ("/health%2Flive", None, 404),
        ("/health%2Flive", b"/health%252Flive", 404),
    ],
)
async def test_an_encoded_slash_separates_nothing(
    tmp_path: Path, path: str, raw: bytes | None, status: int
) -> None:
    """Where the server says how the path came; a decoded one is taken as it is."""
    assert status == (await answered(tmp_path, [HOST], path=path, raw_path=raw))[0]


async def test_a_redirect_from_a_decoded_path(tmp_path: Path) -> None:
    """What had to be encoded is so again."""
    status, reported, _ = await answered(tmp_path, [HOST], path="/api/items/50% off")
    assert (308, "/api/v1/items/50%25%20off") == (status, reported["location"])
