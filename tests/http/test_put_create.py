"""PUT with `If-None-Match: *`: a record is created under the id that its client chose, once."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from estuary.http.messages import Request
from tests.support.service import client_of, make_service

ITEMS = "/api/v1/items"
ID = "0199c0de-1234-7abc-8def-0123456789ab"
PATH = f"{ITEMS}/{ID}"
ABSENT = {"if-none-match": "*"}


def by_header(request: Request) -> None:
    """Whose the request is, it says itself."""
    request.owner = request.headers.get("x-owner")
    request.subject = request.owner


@pytest.fixture
async def client(store_variables: dict[str, str], tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service that believes who says who it is."""
    async with client_of(make_service(tmp_path, **store_variables), identify=by_header) as client:
        yield client


async def put(client: httpx.AsyncClient, body: object, **headers: str) -> httpx.Response:
    """Create the record."""
    reported = ABSENT | {name.replace("_", "-"): text for name, text in headers.items()}
    return await client.put(PATH, json=body, headers=reported)


async def test_an_absent_record_is_created(client: httpx.AsyncClient) -> None:
    """201 as to a POST, under the id that was asked for; the body is that of a new record."""
    response = await put(client, {"name": " boat "})
    reported = response.json()
    assert (201, '"1"', PATH) == (
        response.status_code,
        response.headers["etag"],
        response.headers["location"],
    )
    assert (ID, "boat", None) == (reported["id"], reported["name"], reported["description"])
    assert reported["created_at"] == reported["updated_at"]
    assert reported == (await client.get(PATH)).json()
    assert [reported] == (await client.get(ITEMS)).json()["items"]


async def test_one_that_is_there_stays(client: httpx.AsyncClient) -> None:
    """412 in the same words for any owner and any version: nothing of it is disclosed."""
    await put(client, {"name": "boat"}, x_owner="her")
    await client.put(PATH, json={"name": "ship"}, headers={"x-owner": "her"})
    before = (await client.get(PATH)).content
    reported = set()
    for owner in ({"x_owner": "her"}, {"x_owner": "him"}, {}):
        for condition in ({}, {"idempotency_key": "k"}):
            response = await put(client, {"name": "raft"}, x_request_id="same", **owner, **condition)
            error = response.json()
            reported.add(
                (response.status_code, error["error"], error["message"], str(error.get("details")))
            )
            assert "etag" not in response.headers
    assert {(412, "PRECONDITION_FAILED", "The precondition does not hold", "None")} == reported
    assert before == (await client.get(PATH)).content


async def test_the_body_is_looked_at_first(client: httpx.AsyncClient) -> None:
    """What a new record needs is asked for, and broken rules are reported before the precondition."""
    await put(client, {"name": "boat"})
    missing = await put(client, {})
    assert (400, "name", "required") == (
        missing.status_code,
        missing.json()["details"]["validation_errors"][0]["field"],
        missing.json()["details"]["validation_errors"][0]["code"],
    )
    assert 422 == (await put(client, {"name": ""})).status_code


async def test_old_tags_never_hold(client: httpx.AsyncClient) -> None:
    """A record that is created again goes on from the last version of the deleted one."""
    await put(client, {"name": "boat"})
    await client.put(PATH, json={"name": "ship"})
    await client.delete(PATH)
    again = await put(client, {"name": "raft"})
    assert (201, '"3"') == (again.status_code, again.headers["etag"])
    for tag in ('"1"', '"2"'):
        stale = await client.put(PATH, json={"name": "x"}, headers={"if-match": tag})
        assert 412 == stale.status_code
        assert 200 == (await client.get(PATH, headers={"if-none-match": tag})).status_code


async def test_a_key_makes_it_once(client: httpx.AsyncClient) -> None:
    """Sent again it is 201 again; a PUT that changes is another request."""
    first = await put(client, {"name": "boat"}, idempotency_key="k")
    again = await put(client, {"name": "boat"}, idempotency_key="k")
    assert (201, first.content, PATH, "true") == (
        again.status_code,
        again.content,
        again.headers["location"],
        again.headers["idempotency-replayed"],
    )
    changing = await client.put(PATH, json={"name": "boat"}, headers={"idempotency-key": "k"})
    assert (422, "reused") == (
        changing.status_code,
        changing.json()["details"]["validation_errors"][0]["code"],
    )


async def test_of_many_at_once_one_creates(client: httpx.AsyncClient) -> None:
    """All others are told that it is there."""
    responses = await asyncio.gather(*(put(client, {"name": f"{n}"}) for n in range(16)))
    statuses = sorted(each.status_code for each in responses)
    assert [201, *[412] * 15] == statuses
    created = next(each for each in responses if each.status_code == 201)
    assert created.json() == (await client.get(PATH)).json()


async def test_a_record_is_its_creators(client: httpx.AsyncClient) -> None:
    """Others find nothing under its id."""
    assert 201 == (await put(client, {"name": "boat"}, x_owner="her")).status_code
    assert 404 == (await client.get(PATH, headers={"x-owner": "him"})).status_code
    assert 200 == (await client.get(PATH, headers={"x-owner": "her"})).status_code


@pytest.mark.parametrize(
    ("record_id", "status"),
    [
        ("0199C0DE-1234-7ABC-8DEF-0123456789AB", 201),
        ("00000000-0000-0000-0000-000000000000", 201),
        ("0199c0de12347abc8def0123456789ab", 400),
        ("{0199c0de-1234-7abc-8def-0123456789ab}", 400),
        ("boat", 400),
        ("%00", 400),
    ],
)
async def test_ids_are_uuids_in_one_spelling(tmp_path: Path, record_id: str, status: int) -> None:
    """Capitals mean the same; another form is refused, and named."""
    async with client_of(make_service(tmp_path)) as client:
        response = await client.put(f"{ITEMS}/{record_id}", json={"name": "boat"}, headers=ABSENT)
    assert status == response.status_code
    if status == 201:
        assert f"{ITEMS}/{record_id.lower()}" == response.headers["location"]
    else:
        assert response.json()["message"].startswith("id: Must be a UUID")


async def test_without_the_header_it_is_404(client: httpx.AsyncClient) -> None:
    """As ever; and `If-Match` besides asks for the impossible."""
    assert 404 == (await client.put(PATH, json={"name": "x"})).status_code
    assert 404 == (await put(client, {"name": "x"}, if_match='"1"')).status_code
    assert 404 == (await put(client, {"name": "x"}, if_match="*")).status_code
    await put(client, {"name": "boat"})
    assert 412 == (await put(client, {"name": "x"}, if_match='"1"')).status_code


async def test_it_is_enough_where_if_match_is_required(tmp_path: Path) -> None:
    """Nothing unseen can be written over."""
    async with client_of(make_service(tmp_path, REQUIRE_IF_MATCH="true")) as client:
        assert 201 == (await put(client, {"name": "boat"})).status_code
        assert 412 == (await put(client, {"name": "ship"})).status_code
        assert 428 == (await client.put(PATH, json={"name": "ship"})).status_code
        assert 428 == (await client.patch(PATH, json={"name": "ship"})).status_code
        other = {"if-none-match": '"7"'}
        assert 428 == (await client.put(PATH, json={"name": "ship"}, headers=other)).status_code
