"""Fields that the server sets when a record is created, on every store: nobody writes them."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from estuary.core.access.identity import Identity
from estuary.http.messages import Request
from tests.support.entries import ENTRIES_REFERENCES
from tests.support.service import client_of, make_service

ENTRIES, PROFILES, BATCH = "/api/v1/entries", "/api/v1/profiles", "/api/v1/batch"
BY_USER = f"{PROFILES}/by/user"
ID = "0199c0de-1234-7abc-8def-0123456789ab"
ALICE, BOB = {"x-subject": "alice"}, {"x-subject": "bob"}
FORGED = {"made_by": "eve", "seen_at": 5, "day": "no date", "writer": "eve", "note": "n"}
"""Values of the server's own fields, of a right type and of a wrong one, beside one that clients write."""


def by_header(request: Request) -> None:
    """Whose token it is, the request says itself; without the header there is none."""
    subject = request.headers.get("x-subject")
    if subject is not None:
        request.subject = subject
        request.identity = Identity(subject, None, frozenset())


@pytest.fixture
async def client(store_variables: dict[str, str], tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service of entries and profiles."""
    service = make_service(tmp_path, RESOURCES=",".join(ENTRIES_REFERENCES), **store_variables)
    async with client_of(service, identify=by_header, resources=ENTRIES_REFERENCES) as client:
        yield client


def violations(answer: httpx.Response) -> list[tuple[str, str, str]]:
    """What an answer says of fields."""
    body = answer.json()["details"]["validation_errors"]
    return [(each["field"], each["message"], each["code"]) for each in body]


def demand_set(entry: dict[str, Any], made_by: str) -> None:
    """That `entry` was made by `made_by`, at the moment of its creation."""
    assert (made_by, entry["created_at"], entry["created_at"][:10]) == (
        entry["made_by"],
        entry["seen_at"],
        entry["day"],
    )
    assert "writer" not in entry


async def test_each_way_to_create_sets_them_whatever_the_body_says(client: httpx.AsyncClient) -> None:
    """POST, PUT under an id, and both in a batch; what a body says of them is as if it were unknown."""
    posted = await client.post(ENTRIES, json={"title": "a", **FORGED}, headers=ALICE)
    absent = {"If-None-Match": "*"}
    chosen = await client.put(f"{ENTRIES}/{ID}", json={"title": "b", **FORGED}, headers=BOB | absent)
    operations = [
        {"method": "POST", "path": ENTRIES, "body": {"title": "c", **FORGED}},
        {"method": "POST", "path": ENTRIES, "body": {"title": "d"}},
    ]
    batch = await client.post(BATCH, json={"operations": operations}, headers=BOB)
    assert [201, 201, 200] == [each.status_code for each in (posted, chosen, batch)]
    first, second = (each["body"] for each in batch.json()["results"])
    for entry, subject in (
        (posted.json(), "alice"),
        (chosen.json(), "bob"),
        (first, "bob"),
        (second, "bob"),
    ):
        demand_set(entry, subject)
        assert entry == (await client.get(f"{ENTRIES}/{entry['id']}")).json()
    assert first["seen_at"] == second["seen_at"]


async def test_without_a_token_the_declared_default_stands(client: httpx.AsyncClient) -> None:
    """It is what a record has that nobody known created."""
    demand_set((await client.post(ENTRIES, json={"title": "a"})).json(), "nobody")
    profile = await client.post(PROFILES, json={"nickname": "x"})
    assert (201, None) == (profile.status_code, profile.json()["user"])


async def test_no_update_changes_them(client: httpx.AsyncClient) -> None:
    """PUT and PATCH by another subject, alone and in a batch, take the other fields alone."""
    created = (await client.post(ENTRIES, json={"title": "a"}, headers=ALICE)).json()
    place = f"{ENTRIES}/{created['id']}"
    put = await client.put(place, json=FORGED, headers=BOB)
    patched = await client.patch(place, json={**FORGED, "note": None}, headers=BOB)
    operations = [
        {"method": method, "path": place, "body": {**FORGED, "title": "b"}} for method in ("PUT", "PATCH")
    ]
    batch = await client.post(BATCH, json={"operations": operations}, headers=BOB)
    assert [200, 200, 200] == [each.status_code for each in (put, patched, batch)]
    assert {**created, "note": "n", "updated_at": put.json()["updated_at"]} == put.json()
    assert {**created, "updated_at": patched.json()["updated_at"]} == patched.json()
    last = batch.json()["results"][-1]["body"]
    assert {**created, "title": "b", "note": "n", "updated_at": last["updated_at"]} == last


async def test_a_patch_of_them_alone_changes_nothing(client: httpx.AsyncClient) -> None:
    """Not even the version: hidden ones among them are never written."""
    created = await client.post(ENTRIES, json={"title": "a"}, headers=ALICE)
    patched = await client.patch(
        created.headers["location"], json={"made_by": "eve", "writer": "eve"}, headers=BOB
    )
    assert (200, '"1"', created.content) == (patched.status_code, patched.headers["etag"], patched.content)


async def test_a_dry_run_shows_them_and_a_repetition_has_the_first_ones(client: httpx.AsyncClient) -> None:
    """What is shown is what would be kept; what was kept under a key stays."""
    dry = await client.post(f"{ENTRIES}?validate_only=true", json={"title": "a"}, headers=ALICE)
    assert 200 == dry.status_code
    demand_set(dry.json(), "alice")
    assert 0 == (await client.get(ENTRIES)).json()["total"]
    key = {"Idempotency-Key": "k"}
    first, again = [await client.post(ENTRIES, json={"title": "a"}, headers=ALICE | key) for _ in range(2)]
    assert (201, first.content) == (again.status_code, again.content)
    operations = {"operations": [{"method": "POST", "path": ENTRIES, "body": {"title": "b"}}]}
    first, again = [await client.post(BATCH, json=operations, headers=ALICE | key) for _ in range(2)]
    assert (200, first.content) == (again.status_code, again.content)


async def test_lists_are_asked_by_them(client: httpx.AsyncClient) -> None:
    """Filters, sorts, parts, and a query's body; a hidden one is not disclosed."""
    for title, headers in (("a", ALICE), ("b", BOB), ("c", ALICE)):
        await client.post(ENTRIES, json={"title": title}, headers=headers)
    hers = (await client.get(f"{ENTRIES}?made_by=alice&sort=-seen_at,title&fields=title,seen_at")).json()
    assert ["c", "a"] == [each["title"] for each in hers["items"]]
    assert {"id", "title", "seen_at"} == set(hers["items"][0])
    earliest = hers["items"][-1]["seen_at"]
    after = (await client.get(ENTRIES, params={"seen_at.gt": earliest, "sort": "seen_at"})).json()
    assert ["b", "c"] == [each["title"] for each in after["items"]]
    where = {"where": {"day": {"eq": earliest[:10]}, "not": {"made_by": {"eq": "bob"}}}}
    assert 2 == len((await client.post(f"{ENTRIES}/query", json=where)).json()["items"])
    assert 400 == (await client.get(f"{ENTRIES}?writer=alice")).status_code


async def test_several_of_them_may_be_a_unique_key(client: httpx.AsyncClient) -> None:
    """One entry of a title for each subject and day."""
    answers = [
        await client.post(ENTRIES, json={"title": "a"}, headers=headers) for headers in (ALICE, BOB, ALICE)
    ]
    assert [201, 201, 409] == [each.status_code for each in answers]


async def test_a_unique_subject_has_one_record_by_its_value(client: httpx.AsyncClient) -> None:
    """PUT creates the subject's own, and changes it; another's is refused, whether it is there or not."""
    mine = [await client.put(f"{BY_USER}/alice", json={"nickname": n}, headers=ALICE) for n in ("a", "al")]
    assert [(201, "a"), (200, "al")] == [(each.status_code, each.json()["nickname"]) for each in mine]
    assert 409 == (await client.post(PROFILES, json={"nickname": "x"}, headers=ALICE)).status_code
    for path, headers in (("bob", ALICE), ("alice", BOB), ("alice", {})):
        refused = await client.put(
            f"{BY_USER}/{path}", json={"nickname": "x", "user": path}, headers=headers
        )
        message = "User is set by the server, and must be the one in the path"
        assert (422, [("user", message, "path")]) == (refused.status_code, violations(refused))
    patched = await client.patch(f"{BY_USER}/alice", json={"nickname": "her"}, headers=BOB)
    assert (200, "alice", "her") == (
        patched.status_code,
        patched.json()["user"],
        patched.json()["nickname"],
    )
    assert patched.content == (await client.get(f"{BY_USER}/alice")).content


async def test_hooks_see_them_and_change_others(tmp_path: Path) -> None:
    """In each way to create; a hook that changes one of them is a defect, and nothing is written."""
    signed = "tests.support.entries:SIGNED_ENTRIES"
    service = make_service(tmp_path, RESOURCES=signed)
    async with client_of(service, identify=by_header, resources=(signed,)) as client:
        posted = await client.post(ENTRIES, json={"title": "a"}, headers=ALICE)
        chosen = await client.put(
            f"{ENTRIES}/{ID}", json={"title": "b"}, headers=ALICE | {"If-None-Match": "*"}
        )
        operations = {"operations": [{"method": "POST", "path": ENTRIES, "body": {"title": "c"}}]}
        batch = await client.post(BATCH, json=operations, headers=ALICE)
        for entry in (posted.json(), chosen.json(), batch.json()["results"][0]["body"]):
            assert ("alice", "alice") == (entry["made_by"], entry["note"])
        assert (
            500
            == (await client.post(ENTRIES, json={"title": "d"}, headers={"x-subject": "eve"})).status_code
        )
        assert 3 == (await client.get(ENTRIES)).json()["total"]


async def test_the_document_has_them_in_answers_alone(client: httpx.AsyncClient) -> None:
    """Read only, with what they are where nothing is declared of that; in no body that clients send."""
    schemas = (await client.get("/openapi.json")).json()["components"]["schemas"]
    shown = schemas["Entry"]["properties"]
    meaning = "Who created the record: the subject of the token."
    made_by = {"type": "string", "maxLength": 255, "readOnly": True, "description": meaning}
    assert made_by == shown["made_by"]
    assert [True, True] == [shown[name]["readOnly"] for name in ("seen_at", "day")]
    assert "writer" not in shown
    for name in ("EntryDraft", "EntryChanges", "EntryPatch"):
        assert {"title", "note"} == set(schemas[name]["properties"]), name
    assert {"nickname"} == set(schemas["ProfileByUser"]["properties"])
