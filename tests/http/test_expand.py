"""`expand`: what records refer to is shown beside them, as far as the asker may read it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from estuary.core.measurements import StoreQueried
from estuary.telemetry.observers import Observers
from tests.support.asking_for_tokens import SCOPES, asking_for_tokens, bearing_token
from tests.support.issuer import Issuer
from tests.support.library import LIBRARY_REFERENCES
from tests.support.service import client_of, make_service

AUTHORS, BOOKS, CHAPTERS = (f"/api/v1/{name}" for name in ("authors", "volumes", "chapters"))


@pytest.fixture
async def library(store_variables: dict[str, str], tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a library on every store."""
    service = make_service(tmp_path, RESOURCES=LIBRARY_REFERENCES, **store_variables)
    async with client_of(service, resources=LIBRARY_REFERENCES.split(",")) as client:
        yield client


async def made(client: httpx.AsyncClient, path: str, **fields: Any) -> dict[str, Any]:
    """A new record."""
    response = await client.post(path, json=fields)
    assert 201 == response.status_code, response.text
    record: dict[str, Any] = response.json()
    return record


async def test_what_is_referred_to_stands_beside(library: httpx.AsyncClient) -> None:
    """In lists of each sort and in single records, over two steps; null where there is nothing."""
    ada, bob = [await made(library, AUTHORS, name=name) for name in ("Ada", "Bob")]
    atlas = await made(library, BOOKS, title="Atlas", author=ada["id"])
    sequel = await made(
        library, BOOKS, title="Sequel", author=ada["id"], editor=bob["id"], translation_of=atlas["id"]
    )
    expected = [
        {**atlas, "expand": {"author": ada, "editor": None}},
        {**sequel, "expand": {"author": ada, "editor": bob}},
    ]
    asked = "expand=author,editor"
    for query in (asked, f"{asked}&cursor=", f"{asked}&count=none", f"{asked}&author={ada['id']}"):
        assert expected == (await library.get(f"{BOOKS}?{query}")).json()["items"], query
    queried = await library.request("QUERY", BOOKS, json={"expand": ["author", "editor"]})
    assert expected == queried.json()["items"]
    single = await library.get(f"{BOOKS}/{sequel['id']}?expand=translation_of.author,editor")
    assert {
        **sequel,
        "expand": {"editor": bob, "translation_of": {**atlas, "expand": {"author": ada}}},
    } == single.json()


async def test_an_answer_has_a_tag_of_what_it_shows(library: httpx.AsyncClient) -> None:
    """A weak one: the record's own version says nothing of what it refers to."""
    ada = await made(library, AUTHORS, name="Ada")
    atlas = await made(library, BOOKS, title="Atlas", author=ada["id"])
    for path in (f"{BOOKS}/{atlas['id']}?expand=author", f"{BOOKS}?expand=author"):
        tag = (await library.get(path)).headers["etag"]
        assert tag.startswith("W/")
        known = {"if-none-match": tag}
        assert 304 == (await library.get(path, headers=known)).status_code
        assert 200 == (await library.get(path, headers={"if-none-match": '"1"'})).status_code
        assert (
            200 == (await library.patch(f"{AUTHORS}/{ada['id']}", json={"name": f"of {tag}"})).status_code
        )
        assert 200 == (await library.get(path, headers=known)).status_code


async def test_fields_are_chosen_beside(library: httpx.AsyncClient) -> None:
    """`fields` is about the record itself: what is expanded need not be among them."""
    ada = await made(library, AUTHORS, name="Ada")
    atlas = await made(library, BOOKS, title="Atlas", author=ada["id"])
    expected = {"id": atlas["id"], "title": "Atlas", "expand": {"author": ada}}
    query = "fields=title&expand=author"
    assert expected == (await library.get(f"{BOOKS}/{atlas['id']}?{query}")).json()
    assert [expected] == (await library.get(f"{BOOKS}?{query}")).json()["items"]


async def test_pages_go_on_expanded(library: httpx.AsyncClient) -> None:
    """The link to the next page holds what was asked for."""
    ada = await made(library, AUTHORS, name="Ada")
    for title in "xyz":
        await made(library, BOOKS, title=title, author=ada["id"])
    page = await library.get(f"{BOOKS}?cursor=&limit=2&expand=author")
    following = await library.get(page.links["next"]["url"])
    assert [ada] == [each["expand"]["author"] for each in following.json()["items"]]


async def test_answers_of_writes_are_expanded(library: httpx.AsyncClient) -> None:
    """Of creates and changes, also in a dry run."""
    ada, bob = [await made(library, AUTHORS, name=name) for name in ("Ada", "Bob")]
    created = await library.post(f"{BOOKS}?expand=author", json={"title": "x", "author": ada["id"]})
    assert (201, ada) == (created.status_code, created.json()["expand"]["author"])
    place = f"{BOOKS}/{created.json()['id']}"
    assert place == created.headers["location"]
    patched = await library.patch(f"{place}?expand=author", json={"author": bob["id"]})
    assert (200, bob) == (patched.status_code, patched.json()["expand"]["author"])
    tried = await library.put(f"{place}?expand=editor&validate_only=true", json={"editor": ada["id"]})
    assert (200, ada) == (tried.status_code, tried.json()["expand"]["editor"])
    minimal = {"prefer": "return=minimal"}
    assert 204 == (await library.patch(f"{place}?expand=author", json={}, headers=minimal)).status_code


REFUSED = (
    f"{BOOKS}?expand=title",
    f"{BOOKS}?expand=author.name",
    f"{BOOKS}?expand=",
    f"{BOOKS}?expand=author&expand=editor",
    f"{CHAPTERS}?expand=book.translation_of.author",
    f"{AUTHORS}?expand=books",
    f"{AUTHORS}/0199c0de-1234-7abc-8def-0123456789ab?expand=author",
)


@pytest.mark.parametrize("store_variables", ["memory"], indirect=True)
async def test_what_is_no_reference_is_refused(library: httpx.AsyncClient) -> None:
    """Before anything is looked for; a resource that refers to nothing knows no such parameter."""
    for path in REFUSED:
        answer = await library.get(path)
        reported = answer.json()["message"]
        assert (400, "expand") == (answer.status_code, reported.partition(":")[0]), path
    assert 400 == (await library.post(f"{BOOKS}?expand=title", json={})).status_code
    assert 400 == (await library.request("QUERY", BOOKS, json={"expand": ["title"]})).status_code
    assert 400 == (await library.request("QUERY", AUTHORS, json={"expand": ["x"]})).status_code


async def test_a_reference_costs_one_query_more(tmp_path: Path) -> None:
    """Whatever the number of records; one more for each name."""
    service = make_service(tmp_path, RESOURCES=LIBRARY_REFERENCES)
    queried: list[StoreQueried] = []
    observers = service.application.observe
    assert isinstance(observers, Observers)
    observers.subscribe(StoreQueried, queried.append)
    async with client_of(service, resources=LIBRARY_REFERENCES.split(",")) as client:
        for number in range(20):
            author = await made(client, AUTHORS, name=f"{number}")
            await made(client, BOOKS, title="x", author=author["id"], editor=author["id"])
        for names, expected in (("author", 2), ("author,editor", 3), ("author,translation_of", 2)):
            queried.clear()
            items = (await client.get(f"{BOOKS}?cursor=&expand={names}")).json()["items"]
            assert (20, expected) == (len(items), len(queried)), names
            assert all(each["expand"]["author"]["id"] == each["author"] for each in items)


async def test_what_may_not_be_read_is_null(tmp_path: Path, issuer: Issuer) -> None:
    """As what is not there: another owner's record, and all of a resource that the asker may not read."""
    names = ("CATALOGUE", "SHELVES", "SECRETS")
    references = [f"tests.support.shelved:{name}" for name in names]
    service = make_service(tmp_path, **asking_for_tokens(issuer, RESOURCES=",".join(references)))
    hers, his = (bearing_token(issuer, each, "staff") for each in ("her", "him"))
    reader = bearing_token(issuer, "x")
    async with client_of(service, resources=references, access=SCOPES) as client:
        shelf = (await client.post("/api/v1/shelves", json={"name": "A"}, headers=hers)).json()
        secret = (await client.post("/api/v1/secrets", json={"name": "B"}, headers=hers)).json()
        body = {"title": "x", "shelf": shelf["id"], "secret": secret["id"]}
        entry = await client.post("/api/v1/entries?expand=shelf,secret", json=body, headers=hers)
        assert {"shelf": shelf, "secret": secret} == entry.json()["expand"]
        path = f"/api/v1/entries/{entry.json()['id']}?expand=shelf,secret"
        assert {"shelf": None, "secret": secret} == (await client.get(path, headers=his)).json()["expand"]
        assert {"shelf": None, "secret": None} == (await client.get(path, headers=reader)).json()["expand"]
        assert {"shelf": None, "secret": None} == (await client.get(path)).json()["expand"]
