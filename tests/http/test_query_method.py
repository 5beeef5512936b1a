"""QUERY on a collection (RFC 10008), and POST on its twin: the same answers as a list's URL gives."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.books import BOOKS_REFERENCE, book_body
from tests.support.service import client_of, make_service

BOOKS = "/api/v1/books"
EITHER = pytest.mark.parametrize(("method", "path"), [("QUERY", BOOKS), ("POST", f"{BOOKS}/query")])


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service of books in memory, three of which are there."""
    service = make_service(tmp_path, RESOURCES=BOOKS_REFERENCE, CORS_ALLOWED_ORIGINS="https://shop.test")
    async with client_of(service, resources=(BOOKS_REFERENCE,)) as client:
        for number, title in enumerate("abc"):
            response = await client.post(BOOKS, json=book_body(title=title, pages=number * 100))
            assert 201 == response.status_code, response.text
        yield client


async def query(client: httpx.AsyncClient, method: str, path: str, body: Any) -> Any:
    """What a query is answered."""
    response = await client.request(method, path, json=body)
    assert 200 == response.status_code, response.text
    return response.json()


@EITHER
async def test_an_empty_query_is_the_list(client: httpx.AsyncClient, method: str, path: str) -> None:
    """As GET without parameters; by cursor, too, to its end."""
    listed = (await client.get(BOOKS)).json()
    assert listed == await query(client, method, path, {})
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await query(client, method, path, {"cursor": cursor, "limit": 2, "fields": ["title"]})
        seen += [item["title"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert ["a", "b", "c"] == seen


@EITHER
async def test_an_answer_is_not_kept(client: httpx.AsyncClient, method: str, path: str) -> None:
    """`no-store`, whatever else is asked; a key means nothing, for nothing is written."""
    headers = {"idempotency-key": "k"}
    for body in ({"limit": 1}, {"limit": 2}):
        response = await client.request(method, path, json=body, headers=headers)
        assert (200, "no-store") == (response.status_code, response.headers["cache-control"])
        assert "idempotency-replayed" not in response.headers
        assert "link" not in response.headers


async def test_what_is_known_is_not_sent_again(client: httpx.AsyncClient) -> None:
    """304 to QUERY, which is safe; POST is not, by its method, and has no tag."""
    tag = (await client.request("QUERY", BOOKS, json={})).headers["etag"]
    assert tag == (await client.get(BOOKS)).headers["etag"]
    known = await client.request("QUERY", BOOKS, json={}, headers={"if-none-match": tag})
    assert (304, b"") == (known.status_code, known.content)
    # RFC 9110, 15.4.5: or what a cache holds would be allowed to stay.
    assert "no-store" == known.headers["cache-control"]
    posted = await client.post(f"{BOOKS}/query", json={}, headers={"if-none-match": tag})
    assert 200 == posted.status_code
    assert "etag" not in posted.headers


@EITHER
@pytest.mark.parametrize(
    "media_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/merge-patch+json"]
)
async def test_other_media_types(
    client: httpx.AsyncClient, method: str, path: str, media_type: str | None
) -> None:
    """415, with the type that is taken."""
    headers = {} if media_type is None else {"content-type": media_type}
    response = await client.request(method, path, content=b"{}", headers=headers)
    assert (415, "UNSUPPORTED_MEDIA_TYPE") == (response.status_code, response.json()["error"])
    assert "application/json" == response.headers["accept-query"]


@EITHER
async def test_media_types_in_other_spellings(client: httpx.AsyncClient, method: str, path: str) -> None:
    """Parameters and case mean nothing."""
    headers = {"content-type": "Application/JSON; charset=utf-8"}
    assert 200 == (await client.request(method, path, content=b"{}", headers=headers)).status_code


@EITHER
async def test_a_parameter_in_the_url_is_refused(client: httpx.AsyncClient, method: str, path: str) -> None:
    """All is said in the body."""
    response = await client.request(method, f"{path}?limit=5", json={})
    assert 400 == response.status_code
    assert "limit: Parameter is unknown; none is taken here" == response.json()["message"]


@EITHER
async def test_a_body_that_is_no_query(client: httpx.AsyncClient, method: str, path: str) -> None:
    """400 in the envelope."""
    for content in (b"", b"{", b'{"where":{"titel":{"eq":"a"}}}', b'{"cursor":"abc"}'):
        response = await client.request(
            method, path, content=content, headers={"content-type": "application/json"}
        )
        assert (400, "BAD_REQUEST") == (response.status_code, response.json()["error"])


async def test_that_queries_are_taken_is_told(client: httpx.AsyncClient) -> None:
    """By GET, HEAD and OPTIONS on the collection; a browser's page may send them, and see it."""
    for method in ("GET", "HEAD", "OPTIONS"):
        assert "application/json" == (await client.request(method, BOOKS)).headers["accept-query"]
    assert "GET, HEAD, POST, QUERY, OPTIONS" == (await client.options(BOOKS)).headers["allow"]
    assert "POST, OPTIONS" == (await client.options(f"{BOOKS}/query")).headers["allow"]
    origin = {"origin": "https://shop.test"}
    preflight = await client.options(BOOKS, headers={**origin, "access-control-request-method": "QUERY"})
    assert "QUERY" in preflight.headers["access-control-allow-methods"]
    exposed = (await client.get(BOOKS, headers=origin)).headers["access-control-expose-headers"]
    assert "Accept-Query" in exposed


async def test_the_path_without_a_version_redirects(client: httpx.AsyncClient) -> None:
    """308, which keeps method and body."""
    moved = await client.request("QUERY", "/api/books", json={})
    assert (308, BOOKS) == (moved.status_code, moved.headers["location"])
    moved = await client.post("/api/books/query", json={})
    assert (308, f"{BOOKS}/query") == (moved.status_code, moved.headers["location"])
