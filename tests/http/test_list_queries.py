"""Filters, orders, totals and walks over HTTP; what each store can answer is tested in tests/contract."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.http.stores import VARIABLES
from tests.support.books import BOOKS as BOOKS_RESOURCE
from tests.support.books import BOOKS_REFERENCE, book_body
from tests.support.servers.convex import ConvexHost, convex_host
from tests.support.service import client_of, make_service

BOOKS = "/api/v1/books"
YEARS = ("1851-11-14", None, "1854-08-09", "1904-10-25", None, "1851-11-14", "1952-09-01")


@pytest.fixture(scope="module")
def host() -> Iterator[ConvexHost]:
    """A Convex to which books are deployed."""
    with convex_host((BOOKS_RESOURCE,)) as host:
        yield host


@pytest.fixture(params=["memory", "sqlite", "postgres", "convex"])
def store_variables(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """The variables that choose the store."""
    if request.param == "convex":
        deployed: ConvexHost = request.getfixturevalue("host")
        return deployed.deployment(tmp_path).variables
    return VARIABLES[request.param](tmp_path)


@pytest.fixture
async def client(store_variables: dict[str, str], tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service of seven books: a to g, of 100 to 700 pages."""
    service = make_service(tmp_path, RESOURCES=BOOKS_REFERENCE, **store_variables)
    async with client_of(service, resources=(BOOKS_REFERENCE,)) as client:
        for number, year in enumerate(YEARS):
            body = book_body(
                title="abcdefg"[number],
                pages=100 * (number + 1),
                published_at=year and f"{year}T00:00:00Z",
                binding="cloth" if number % 2 else "paper",
                price_paid=number,
            )
            response = await client.post(BOOKS, json=body)
            assert 201 == response.status_code, response.text
        yield client


async def titles(client: httpx.AsyncClient, query: str) -> str:
    """The titles of a list, in its order."""
    response = await client.get(f"{BOOKS}?{query}")
    assert 200 == response.status_code, response.text
    return "".join(item["title"] for item in response.json()["items"])


async def walked(client: httpx.AsyncClient, query: str) -> str:
    """The titles of a list, walked by its links, two at a time."""
    seen, url = "", f"{BOOKS}?{query}&limit=2&cursor="
    while url:
        response = await client.get(url)
        assert 200 == response.status_code, response.text
        page = response.json()
        seen += "".join(item["title"] for item in page["items"])
        link = response.headers.get("link", "")
        assert (page["next_cursor"] is None) == (not link)
        url = link.removeprefix("<").partition(">")[0]
    return seen


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("pages.gte=300&pages.lt=600", "cde"),
        ("binding=cloth", "bdf"),
        ("binding.ne=cloth&sort=-pages", "geca"),
        ("title.in=b&title.in=f&title.in=z", "bf"),
        ("published_at.null=true", "be"),
        ("binding=paper&sort=-published_at", "gcae"),
        ("published_at.gt=1852-01-01T00:00:00Z", "cdg"),
    ],
)
async def test_filters_and_orders(client: httpx.AsyncClient, query: str, expected: str) -> None:
    """In one piece and walked: the same records in the same order."""
    assert expected == await titles(client, query)
    assert expected == await walked(client, query)


async def test_a_walk_by_nulls_and_ties_ends(client: httpx.AsyncClient) -> None:
    """Null comes first ascending; ties are by id, which grows with time, in the last key's direction."""
    assert "beafcdg" == await walked(client, "sort=published_at")
    assert "gdcfaeb" == await walked(client, "sort=-published_at")


async def test_totals(client: httpx.AsyncClient) -> None:
    """Of what the conditions leave, whatever part of it is shown."""
    listed = (await client.get(f"{BOOKS}?binding=paper&limit=1")).json()
    assert (4, 1) == (listed["total"], len(listed["items"]))
    assert "total_exceeded" not in listed
    counted = (await client.get(f"{BOOKS}?binding=paper&limit=1&count=exact")).json()
    assert 4 == counted["total"]
    assert "total" not in (await client.get(f"{BOOKS}?binding=paper&count=none")).json()


async def test_a_filtered_list_is_a_list(client: httpx.AsyncClient) -> None:
    """HEAD answers as GET, and what is known is 304."""
    url = f"{BOOKS}?binding=paper&sort=-pages&fields=title"
    get, head = await client.get(url), await client.head(url)
    assert (200, b"") == (head.status_code, head.content)
    assert get.headers["content-length"] == head.headers["content-length"]
    known = await client.get(url, headers={"if-none-match": get.headers["etag"]})
    assert (304, b"") == (known.status_code, known.content)


async def test_the_rest_is_asked_by_a_body(client: httpx.AsyncClient) -> None:
    """Or and not, walked by cursor."""
    asked: dict[str, Any] = {
        "where": {"or": [{"pages": {"lt": 200}}, {"not": {"published_at": {"null": False}}}]},
        "sort": ["pages"],
        "limit": 2,
        "cursor": "",
    }
    seen = ""
    while asked["cursor"] is not None:
        page = (await client.request("QUERY", BOOKS, json=asked)).json()
        seen += "".join(item["title"] for item in page["items"])
        asked["cursor"] = page["next_cursor"]
    assert "abe" == seen


async def test_an_index_of_convex_has_one_direction(host: ConvexHost, tmp_path: Path) -> None:
    """It serves no order that mixes them: that counts as unserved, and none is recommended."""
    variables = {**host.deployment(tmp_path).variables, "QUERY_REQUIRE_INDEX": "true"}
    service = make_service(tmp_path, RESOURCES=BOOKS_REFERENCE, **variables)
    async with client_of(service, resources=(BOOKS_REFERENCE,)) as client:
        for served in ("binding=cloth&sort=-published_at", "sort=binding,published_at"):
            assert 200 == (await client.get(f"{BOOKS}?{served}")).status_code
        refused = await client.get(f"{BOOKS}?sort=binding,-published_at")
        metrics = (await client.get("/metrics")).text
    assert (422, "QUERY_TOO_EXPENSIVE") == (refused.status_code, refused.json()["error"])
    assert "details" not in refused.json()
    assert 'list_queries_total{resource="books",served="true"} 2' in metrics
    assert 'list_queries_total{resource="books",served="false"} 1' in metrics
