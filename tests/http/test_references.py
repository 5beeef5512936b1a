"""References over HTTP: what a record refers to is there, and what goes with it goes in one step."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.asking_for_tokens import SCOPES, asking_for_tokens, bearing_token
from tests.support.issuer import Issuer
from tests.support.library import LIBRARY_REFERENCES
from tests.support.service import client_of, make_service

AUTHORS, BOOKS, CHAPTERS = (f"/api/v1/{name}" for name in ("authors", "volumes", "chapters"))
NOBODY = "0199c0de-1234-7abc-8def-0123456789ab"
KEYED = {"idempotency-key": "k"}


@pytest.fixture
async def library(store_variables: dict[str, str], tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a library on every store."""
    service = make_service(tmp_path, RESOURCES=LIBRARY_REFERENCES, **store_variables)
    async with client_of(service, resources=LIBRARY_REFERENCES.split(",")) as client:
        yield client


async def made(client: httpx.AsyncClient, path: str, **fields: Any) -> str:
    """The id of a new record."""
    headers = fields.pop("headers", {})
    response = await client.post(path, json=fields, headers=headers)
    assert 201 == response.status_code, response.text
    return str(response.json()["id"])


def missing(response: httpx.Response, field: str) -> bool:
    """Whether `response` says that the field refers to no record."""
    body = [(each["field"], each["code"]) for each in response.json()["details"]["validation_errors"]]
    return response.status_code == 422 and body == [(field, "reference")]


async def test_what_is_referred_to_must_be_there(library: httpx.AsyncClient) -> None:
    """By each way to write; what is no id at all is refused as every rule that is broken."""
    ada = await made(library, AUTHORS, name="Ada")
    for author in (NOBODY, NOBODY.upper()):
        assert missing(await library.post(BOOKS, json={"title": "x", "author": author}), "author")
    fields = {"title": "x", "author": NOBODY}
    assert missing(await library.post(BOOKS, json=fields, headers=KEYED), "author")
    assert missing(await library.post(f"{BOOKS}?validate_only=true", json=fields), "author")
    chosen = {"if-none-match": "*"}
    assert missing(await library.put(f"{BOOKS}/{NOBODY}", json=fields, headers=chosen), "author")
    assert 422 == (await library.post(BOOKS, json={"title": "x", "author": "Ada"})).status_code
    assert 400 == (await library.post(BOOKS, json={"title": "x", "author": 7})).status_code
    atlas = await made(library, BOOKS, title="Atlas", author=ada.upper())
    assert missing(await library.put(f"{BOOKS}/{atlas}", json={"editor": NOBODY}), "editor")
    assert missing(await library.patch(f"{BOOKS}/{atlas}", json={"author": NOBODY}), "author")
    assert 200 == (await library.patch(f"{BOOKS}/{atlas}", json={"editor": ada})).status_code
    record = (await library.patch(f"{BOOKS}/{atlas}", json={"editor": None})).json()
    assert (ada, None) == (record["author"], record["editor"])


async def test_lists_are_filtered_by_a_reference(library: httpx.AsyncClient) -> None:
    """As by an id, at the cost of a page: an index that nobody asked for serves it."""
    ada, bob = await made(library, AUTHORS, name="Ada"), await made(library, AUTHORS, name="Bob")
    titles = ["x", "y", "z"]
    for title in titles:
        await made(library, BOOKS, title=title, author=ada)
    await made(library, BOOKS, title="other", author=bob, editor=ada)
    found = (await library.get(f"{BOOKS}?author={ada}")).json()
    assert titles == [each["title"] for each in found["items"]]
    assert ["other"] == [
        each["title"] for each in (await library.get(f"{BOOKS}?editor={ada.upper()}")).json()["items"]
    ]
    assert 3 == (await library.get(f"{BOOKS}?editor.null=true")).json()["total"]
    assert 400 == (await library.get(f"{BOOKS}?author=Ada")).status_code


async def test_what_goes_with_a_record(library: httpx.AsyncClient) -> None:
    """Chapters go with their book; what restricts stays, and neither its number nor an id is disclosed."""
    ada = await made(library, AUTHORS, name="Ada")
    atlas = await made(library, BOOKS, title="Atlas", author=ada)
    sequel = await made(library, BOOKS, title="Sequel", author=ada, translation_of=atlas)
    first = await made(library, CHAPTERS, title="One", book=atlas)
    second = await made(library, CHAPTERS, title="Two", book=sequel, within=first)
    for path in (first, second):
        assert 200 == (await library.get(f"{CHAPTERS}/{path}")).status_code
    for query in ("", "?validate_only=true"):
        refused = await library.delete(f"{AUTHORS}/{ada}{query}")
        assert (409, "CONFLICT", "referenced") == (
            refused.status_code,
            refused.json()["error"],
            refused.json()["details"]["validation_errors"][0]["code"],
        )
        assert "retry-after" not in refused.headers
        assert not any(each in refused.text for each in (atlas, sequel))
    assert 204 == (await library.delete(f"{BOOKS}/{atlas}?validate_only=true")).status_code
    assert 2 == (await library.get(CHAPTERS)).json()["total"]
    assert 412 == (await library.delete(f"{BOOKS}/{atlas}", headers={"if-match": '"2"'})).status_code
    deleted = [await library.delete(f"{BOOKS}/{atlas}", headers=KEYED) for _ in range(2)]
    assert [204, 204] == [each.status_code for each in deleted]
    assert [404, 404] == [(await library.get(f"{CHAPTERS}/{each}")).status_code for each in (first, second)]
    changed = await library.get(f"{BOOKS}/{sequel}")
    assert ('"2"', None) == (changed.headers["etag"], changed.json()["translation_of"])


@pytest.mark.parametrize("store_variables", ["memory", "sqlite"], indirect=True)
async def test_what_goes_with_a_record_is_counted(library: httpx.AsyncClient) -> None:
    """As deletes and updates of its own resource: once, and neither in a dry run nor for a repetition."""
    ada = await made(library, AUTHORS, name="Ada")
    for number in range(2):
        atlas = await made(library, BOOKS, title="Atlas", author=ada)
        await made(library, BOOKS, title="Sequel", author=ada, translation_of=atlas)
        for title in ("One", "Two"):
            await made(library, CHAPTERS, title=title, book=atlas)
        await library.delete(f"{BOOKS}/{atlas}?validate_only=true")
        path = f"{BOOKS}/{atlas}"
        for _ in range(2):
            if number == 0:
                await library.delete(path, headers=KEYED)
            else:
                batch = {"operations": [{"method": "DELETE", "path": path}]}
                await library.post("/api/v1/batch", json=batch, headers={"idempotency-key": "batch"})
    counted = (await library.get("/metrics")).text.splitlines()
    expected = {
        "volumes_deleted_total 2",
        "volumes_updated_total 2",
        "chapters_deleted_total 4",
        "chapters_updated_total 0",
    }
    assert set() == expected - set(counted)


async def test_batches_refer_to_what_they_make(library: httpx.AsyncClient) -> None:
    """By ids that the client chose; one that refers to nothing refuses all, and the error has its place."""
    author = {
        "method": "PUT",
        "path": f"{AUTHORS}/{NOBODY}",
        "headers": {"If-None-Match": "*"},
        "body": {"name": "A"},
    }
    book = {"method": "POST", "path": BOOKS, "body": {"title": "x", "author": NOBODY}}
    refused = await library.post("/api/v1/batch", json={"operations": [book, author]})
    assert (422, 0) == (refused.status_code, refused.json()["details"]["operation"])
    assert 0 == (await library.get(AUTHORS)).json()["total"]
    written = await library.post("/api/v1/batch", json={"operations": [author, book]})
    assert [201, 201] == [each["status"] for each in written.json()["results"]]
    atlas = written.json()["results"][1]["body"]["id"]
    await made(library, CHAPTERS, title="One", book=atlas)
    operations = [
        {"method": "DELETE", "path": f"{path}"} for path in (f"{BOOKS}/{atlas}", f"{AUTHORS}/{NOBODY}")
    ]
    gone = await library.post("/api/v1/batch", json={"operations": operations})
    assert [204, 204] == [each["status"] for each in gone.json()["results"]]
    assert 0 == (await library.get(CHAPTERS)).json()["total"]


async def test_batches_go_on_from_what_a_delete_has_left(library: httpx.AsyncClient) -> None:
    """A field that became null, the version that came by that, and records that are gone."""
    ada, bob = await made(library, AUTHORS, name="Ada"), await made(library, AUTHORS, name="Bob")
    atlas = await made(library, BOOKS, title="Atlas", author=ada, editor=bob, isbn="1")
    chapter = await made(library, CHAPTERS, title="One", book=atlas)
    delete_bob = {"method": "DELETE", "path": f"{AUTHORS}/{bob}"}
    tags = {"If-Match": '"2", "9"'}

    def patch(path: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        body = {"title": "Changed"}
        return {"method": "PATCH", "path": path, "headers": headers or {}, "body": body}

    operations = [delete_bob, patch(f"{BOOKS}/{atlas}", tags), patch(f"{BOOKS}/by/isbn/1")]
    answer = await library.post("/api/v1/batch?validate_only=true", json={"operations": operations})
    assert 200 == answer.status_code, answer.text
    answer = await library.post("/api/v1/batch", json={"operations": operations})
    assert [204, 200, 200] == [each["status"] for each in answer.json()["results"]]
    book = await library.get(f"{BOOKS}/{atlas}")
    assert ('"3"', None, "Changed") == (
        book.headers["etag"],
        book.json()["editor"],
        book.json()["title"],
    )
    delete_atlas = {"method": "DELETE", "path": f"{BOOKS}/{atlas}"}
    operations = [delete_atlas, patch(f"{CHAPTERS}/{chapter}", {"If-Match": '"1", "2"'})]
    answer = await library.post("/api/v1/batch", json={"operations": operations})
    assert (404, 1) == (answer.status_code, answer.json()["details"]["operation"])


@pytest.mark.parametrize("store_variables", ["memory", "sqlite"], indirect=True)
async def test_owners_refer_to_their_own_records(
    store_variables: dict[str, str], tmp_path: Path, issuer: Issuer
) -> None:
    """Another's record is refused as one that does not exist; a delete takes its owner's with it."""
    service = make_service(
        tmp_path, **asking_for_tokens(issuer, RESOURCES=LIBRARY_REFERENCES, **store_variables)
    )
    hers, his = (bearing_token(issuer, owner) for owner in ("her", "him"))
    resources = LIBRARY_REFERENCES.split(",")
    async with client_of(service, resources=resources, access=SCOPES) as client:
        ada = await made(client, AUTHORS, name="Ada", headers=hers)
        bob = await made(client, AUTHORS, name="Bob", headers=his)
        answers = [
            await client.post(BOOKS, json={"title": "x", "author": author}, headers=hers)
            for author in (bob, NOBODY)
        ]
        assert all(missing(each, "author") for each in answers)
        assert answers[0].json()["details"] == answers[1].json()["details"]
        atlas = await made(client, BOOKS, title="Atlas", author=ada, headers=hers)
        patched = await client.patch(f"{BOOKS}/{atlas}", json={"editor": bob}, headers=hers)
        assert missing(patched, "editor")
        batch = {"operations": [{"method": "POST", "path": BOOKS, "body": {"title": "x", "author": bob}}]}
        assert missing(await client.post("/api/v1/batch", json=batch, headers=hers), "author")
        await made(client, CHAPTERS, title="One", book=atlas, headers=hers)
        assert 404 == (await client.delete(f"{BOOKS}/{atlas}", headers=his)).status_code
        assert 204 == (await client.delete(f"{BOOKS}/{atlas}", headers=hers)).status_code
        assert 0 == (await client.get(CHAPTERS, headers=hers)).json()["total"]
