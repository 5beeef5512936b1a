"""What every route does with its query string, and what `fields` leaves of an answer."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.support.books import BOOKS_REFERENCE, book_body
from tests.support.service import client_of, make_service

BOOKS = "/api/v1/books"
SOME_ID = "019a9f3c-5f00-7c11-9d52-0123456789ab"


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service of books in memory: nothing here depends on the store."""
    service = make_service(tmp_path, RESOURCES=BOOKS_REFERENCE)
    async with client_of(service, resources=(BOOKS_REFERENCE,)) as client:
        yield client


async def create(client: httpx.AsyncClient, **fields: object) -> str:
    """The path of a created book."""
    response = await client.post(BOOKS, json=book_body(**fields))
    assert 201 == response.status_code, response.text
    return str(response.headers["location"])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", BOOKS),
        ("HEAD", BOOKS),
        ("POST", BOOKS),
        ("GET", f"{BOOKS}/{SOME_ID}"),
        ("PUT", f"{BOOKS}/{SOME_ID}"),
        ("DELETE", f"{BOOKS}/{SOME_ID}"),
        ("GET", "/api/v1/openapi.json"),
        ("OPTIONS", BOOKS),
        ("OPTIONS", f"{BOOKS}/query"),
        ("OPTIONS", f"{BOOKS}/{SOME_ID}"),
        ("OPTIONS", "/api/v1/openapi.json"),
    ],
)
async def test_an_unknown_parameter_is_refused_on_every_route(
    client: httpx.AsyncClient, method: str, path: str
) -> None:
    """400 before anything happens, the parameter named; separators alone are no parameter."""
    response = await client.request(method, f"{path}?{'fielsd'}=x", json=book_body())
    assert 400 == response.status_code
    if method != "HEAD":
        assert response.json()["message"].startswith("fielsd: Parameter is unknown; ")
    assert 0 == (await client.get(BOOKS)).json()["total"]
    assert 400 != (await client.request(method, f"{path}?&", json=book_body())).status_code


async def test_options_of_a_url_that_is_meant_to_be_asked(client: httpx.AsyncClient) -> None:
    """Parameters that one of its methods knows are part of it (RFC 9110, 9.3.7), and are not looked at."""
    for target in (f"{BOOKS}?pages.gte=many&limit=5", f"{BOOKS}/{SOME_ID}?fields=titel"):
        assert 204 == (await client.options(target)).status_code
    origin = {"origin": "https://app.example", "access-control-request-method": "GET"}
    assert 204 == (await client.options(f"{BOOKS}?titel=x", headers=origin)).status_code


async def test_the_unversioned_document_takes_any_parameter(client: httpx.AsyncClient) -> None:
    """As every route outside the API: nothing of theirs depends on one."""
    for path in ("/openapi.json", "/health/live", "/metrics"):
        assert 200 == (await client.get(f"{path}?v=1")).status_code


async def test_a_write_with_a_key_and_a_parameter_keeps_nothing(client: httpx.AsyncClient) -> None:
    """The key is free for the request that was meant."""
    headers = {"idempotency-key": "k"}
    refused = await client.post(f"{BOOKS}?dry_run=true", json=book_body(), headers=headers)
    made = await client.post(BOOKS, json=book_body(), headers=headers)
    assert (400, 201) == (refused.status_code, made.status_code)
    assert "idempotency-replayed" not in made.headers


async def test_fields_of_a_list(client: httpx.AsyncClient) -> None:
    """Those that are named and the id, by offset and by cursor; the link asks for the same fields."""
    await create(client, title="a", pages=5)
    await create(client, title="b", pages=6)
    whole = (await client.get(BOOKS)).json()
    listed = (await client.get(f"{BOOKS}?fields=pages,title")).json()
    assert [["id", "title", "pages"]] * 2 == [list(item) for item in listed["items"]]
    assert whole | {"items": 0} == listed | {"items": 0}
    for item, all_of_it in zip(listed["items"], whole["items"], strict=True):
        assert item == {name: all_of_it[name] for name in item}
    page = await client.get(f"{BOOKS}?fields=title&cursor=&limit=1")
    assert [["id", "title"]] == [list(item) for item in page.json()["items"]]
    target = page.headers["link"].removeprefix("<").partition(">")[0]
    assert target.startswith(f"{BOOKS}?fields=title&cursor=")
    second = (await client.get(target)).json()
    assert ["b"] == [item["title"] for item in second["items"]]
    assert second["next_cursor"] is None


async def test_fields_of_one_record(client: httpx.AsyncClient) -> None:
    """The same, with a weak tag of what is shown; it is known as long as that is the same."""
    path = await create(client, title="a", pages=5)
    shown = await client.get(f"{path}?fields=title")
    assert {"id": path.rpartition("/")[2], "title": "a"} == shown.json()
    tag = shown.headers["etag"]
    assert tag.startswith('W/"')
    assert 200 == (await client.put(path, json={"pages": 6})).status_code
    known = await client.get(f"{path}?fields=title", headers={"if-none-match": tag})
    assert (304, tag, b"") == (known.status_code, known.headers["etag"], known.content)
    assert 200 == (await client.put(path, json={"title": "b"})).status_code
    assert 200 == (await client.get(f"{path}?fields=title", headers={"if-none-match": tag})).status_code
    assert 404 == (await client.get(f"{BOOKS}/{SOME_ID}?fields=title")).status_code


async def test_a_hidden_field_is_written_and_never_shown(client: httpx.AsyncClient) -> None:
    """In no answer to a write, a read or a list, and its change changes no tag of a list."""
    created = await client.post(BOOKS, json=book_body(price_paid=7))
    path = created.headers["location"]
    before = await client.get(f"{BOOKS}?fields=title")
    changed = await client.put(path, json={"price_paid": 8})
    for response in (created, changed, await client.get(path), await client.get(BOOKS)):
        assert response.is_success
        assert "price_paid" not in response.text
    after = await client.get(f"{BOOKS}?fields=title")
    assert before.headers["etag"] == after.headers["etag"]
    schemas = (await client.get("/openapi.json")).json()["components"]["schemas"]
    assert "price_paid" not in schemas["Book"]["properties"]
    assert "price_paid" in schemas["BookDraft"]["properties"]


@pytest.mark.parametrize("name", ["price_paid", "price_gone"])
async def test_a_name_that_may_not_be_asked_for_costs_no_query(tmp_path: Path, name: str) -> None:
    """A hidden field and one that there is not: both are refused before a store hears of them."""
    service = make_service(tmp_path, RESOURCES=BOOKS_REFERENCE, DATABASE_TYPE="sqlite")
    async with client_of(service, resources=(BOOKS_REFERENCE,)) as client:
        path = await create(client, price_paid=7)
        before = await queries(client)
        for asked in (
            *(f"{BOOKS}?{name}=7", f"{BOOKS}?{name}.gt=7&count=exact", f"{BOOKS}?{name}.null=true"),
            *(f"{BOOKS}?sort={name}", f"{BOOKS}?sort=-pages,{name}&cursor=", f"{BOOKS}?fields=id,{name}"),
            *(f"{path}?fields={name}", f"{path}?{name}=7"),
        ):
            assert 400 == (await client.get(asked)).status_code, asked
        for body in (
            {"where": {name: {"eq": 7}}},
            {"where": {"or": [{"not": {name: {"in": [7]}}}]}},
            {"sort": [name]},
            {"fields": [name]},
        ):
            assert 400 == (await client.request("QUERY", BOOKS, json=body)).status_code, body
            assert 400 == (await client.post(f"{BOOKS}/query", json=body)).status_code, body
        assert before == await queries(client)
        assert 200 == (await client.get(f"{BOOKS}?pages=7")).status_code
        assert before != await queries(client)


async def queries(client: httpx.AsyncClient) -> list[str]:
    """The metrics of queries that stores were asked."""
    lines = (await client.get("/metrics")).text.splitlines()
    return [line for line in lines if line.startswith("database_queries_total")]


async def test_an_index_can_be_demanded_of_every_query(tmp_path: Path) -> None:
    """422 with the line that declares it; what an index serves is answered, and all is counted."""
    service = make_service(tmp_path, RESOURCES=BOOKS_REFERENCE, QUERY_REQUIRE_INDEX="true")
    async with client_of(service, resources=(BOOKS_REFERENCE,)) as client:
        for served in ("", "?binding=paper&sort=-published_at", "?pages.gt=5&sort=pages&cursor="):
            assert 200 == (await client.get(f"{BOOKS}{served}")).status_code
        refused = await client.get(f"{BOOKS}?binding=paper&sort=title")
        line = 'indexes=[("binding", "title")]'
        assert (422, "QUERY_TOO_EXPENSIVE") == (refused.status_code, refused.json()["error"])
        assert {"declare": line} == refused.json()["details"]["context"]
        body = {"where": {"not": {"pages": {"eq": 5}}}}
        assert 422 == (await client.request("QUERY", BOOKS, json=body)).status_code
        metrics = (await client.get("/metrics")).text
    assert 'list_queries_total{resource="books",served="true"} 3' in metrics
    assert 'list_queries_total{resource="books",served="false"} 2' in metrics


async def test_a_count_can_be_left_out(client: httpx.AsyncClient) -> None:
    """`count=none` gives no total; a limited one that is not exceeded is the exact one."""
    await create(client)
    assert ["items", "limit", "offset"] == list((await client.get(f"{BOOKS}?count=none")).json())
    limited = (await client.get(f"{BOOKS}?count=limited")).json()
    assert limited == (await client.get(f"{BOOKS}?count=exact")).json() == (await client.get(BOOKS)).json()
