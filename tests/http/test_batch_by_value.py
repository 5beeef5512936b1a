"""Operations of a batch on records that are named by a unique value, on every store."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from estuary.http.messages import Request
from tests.support.members import MEMBERS_REFERENCE
from tests.support.service import client_of, make_service

BATCH, MEMBERS = "/api/v1/batch", "/api/v1/members"
BY_EMAIL, BY_NUMBER = f"{MEMBERS}/by/email", f"{MEMBERS}/by/number"
ADA, BOB = "ada@example.org", "bob@example.org"
ID = "0199c0de-1234-7abc-8def-0123456789ab"
ABSENT = {"If-None-Match": "*"}
HER, HIM = {"x-owner": "her"}, {"x-owner": "him"}
Operation = dict[str, Any]


def put(path: str, headers: dict[str, str] | None = None, /, **body: Any) -> Operation:
    """A PUT."""
    return {"method": "PUT", "path": path, "headers": headers or {}, "body": body}


def patch(path: str, headers: dict[str, str] | None = None, /, **body: Any) -> Operation:
    """A PATCH."""
    return {"method": "PATCH", "path": path, "headers": headers or {}, "body": body}


def post(**body: Any) -> Operation:
    """A create."""
    return {"method": "POST", "path": MEMBERS, "body": body}


def delete(path: str, headers: dict[str, str] | None = None) -> Operation:
    """A DELETE."""
    return {"method": "DELETE", "path": path, "headers": headers or {}}


def by_header(request: Request) -> None:
    """Whose the request is, it says itself."""
    request.owner = request.headers.get("x-owner")


@pytest.fixture
async def client(store_variables: dict[str, str], tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service of members, which believes who says who it is."""
    service = make_service(tmp_path, RESOURCES=MEMBERS_REFERENCE, **store_variables)
    async with client_of(service, identify=by_header, resources=(MEMBERS_REFERENCE,)) as client:
        yield client


async def send(client: httpx.AsyncClient, *operations: Operation, **options: Any) -> httpx.Response:
    """The answer to a batch."""
    return await client.post(BATCH, json={"operations": operations}, **options)


async def made(client: httpx.AsyncClient, *operations: Operation, **options: Any) -> list[Any]:
    """The results of a batch that is made."""
    answer = await send(client, *operations, **options)
    assert 200 == answer.status_code, answer.text
    results: list[Any] = answer.json()["results"]
    return results


async def refused(client: httpx.AsyncClient, *operations: Operation, **options: Any) -> tuple[int, int]:
    """The status of a batch that is refused, and the place of the operation."""
    answer = await send(client, *operations, **options)
    return answer.status_code, answer.json()["details"]["operation"]


async def emails(client: httpx.AsyncClient) -> list[str]:
    """Of all members."""
    return sorted(member["email"] for member in (await client.get(MEMBERS)).json()["items"])


async def test_each_is_answered_as_alone(client: httpx.AsyncClient) -> None:
    """Records that earlier operations of the batch create and change are found by their values."""
    results = await made(
        client,
        post(email=ADA, number=1),
        put(f"{BY_EMAIL}/ada%40example.org", note="x"),
        put(f"{BY_EMAIL}/{BOB}", number=2),
        patch(f"{BY_NUMBER}/2", team="red"),
        patch(f"{BY_EMAIL}/{ADA}", number=3),
        patch(f"{BY_NUMBER}/3", {"If-Match": '"3"'}, kit={"size": "M", "colour": "red"}),
        patch(f"{BY_NUMBER}/3", {"If-Match": '"4", "9"'}, kit={"size": "L"}),
        delete(f"{BY_EMAIL}/{BOB}"),
        put(f"{BY_EMAIL}/BOB@example.org", ABSENT),
    )
    assert [201, 200, 201, 200, 200, 200, 200, 204, 201] == [each["status"] for each in results]
    tags = ['"1"', '"2"', '"1"', '"2"', '"3"', '"4"', '"5"', None, '"1"']
    assert tags == [each["headers"].get("etag") for each in results]
    located = [place for place, each in enumerate(results) if "location" in each["headers"]]
    assert [0, 2, 8] == located
    ada = (await client.get(f"{BY_EMAIL}/{ADA}")).json()
    assert results[6]["body"] == ada
    assert (3, "x", {"size": "L", "colour": "red"}) == (ada["number"], ada["note"], ada["kit"])
    assert [ADA, "BOB@example.org"] == sorted(await emails(client), key=str.lower)


async def test_values_move_within_a_batch(client: httpx.AsyncClient) -> None:
    """By id, by value, by PUT and PATCH: what is found is who has the value by then."""
    await made(client, put(f"{MEMBERS}/{ID}", ABSENT, email=ADA, number=1), post(email=BOB, number=2))
    results = await made(
        client,
        patch(f"{MEMBERS}/{ID}", number=7),
        patch(f"{BY_NUMBER}/2", number=1),
        put(f"{BY_NUMBER}/1", email=BOB, note="was 2"),
        put(f"{MEMBERS}/{ID}", number=2),
        patch(f"{BY_NUMBER}/2", note="was 7"),
        put(f"{BY_NUMBER}/7", email="c"),
    )
    assert [200, 200, 200, 200, 200, 201] == [each["status"] for each in results]
    notes = {
        member["email"]: (member["number"], member["note"])
        for member in (await client.get(MEMBERS)).json()["items"]
    }
    assert {ADA: (2, "was 7"), BOB: (1, "was 2"), "c": (7, "")} == notes


async def test_one_that_cannot_be_made_undoes_all(client: httpx.AsyncClient) -> None:
    """With the status that it would have alone."""
    await made(client, post(email=ADA, number=1))
    for operation, status in (
        (patch(f"{BY_EMAIL}/{BOB}", note="x"), 404),
        (delete(f"{BY_NUMBER}/seven"), 404),
        (delete(f"{BY_NUMBER}/99999999999999999999"), 404),
        (patch(f"{BY_NUMBER}/9", email=None), 422),
        (put(f"{BY_EMAIL}/{ADA}", email=BOB), 422),
        (put(f"{BY_NUMBER}/seven", email="c"), 422),
        (put(f"{BY_NUMBER}/8"), 400),
        (put(f"{BY_NUMBER}/8", email=ADA), 409),
        (put(f"{BY_EMAIL}/{ADA}", ABSENT), 412),
        (put(f"{BY_EMAIL}/{BOB}", {"If-Match": '"1"'}), 412),
        (put(f"{BY_EMAIL}/{BOB}", {"If-Match": "*"}), 412),
        (put(f"{BY_EMAIL}/{ADA}", {"If-Match": '"1"'}), 412),
        (delete(f"{BY_EMAIL}/{ADA}", {"If-Match": '"7", "9"'}), 412),
        (delete(f"{BY_NUMBER}/2"), 404),
    ):
        outcome = await refused(
            client, post(email="x"), patch(f"{BY_EMAIL}/{ADA}", note="changed", number=1), operation
        )
        assert (operation, status, 2) == (operation, *outcome)
    assert (404, 1) == await refused(client, delete(f"{BY_EMAIL}/{ADA}"), delete(f"{BY_EMAIL}/{ADA}"))
    assert (404, 0) == await refused(client, delete(f"{BY_EMAIL}/{BOB}"), post(email=""))
    assert [ADA] == await emails(client)
    assert '"1"' == (await client.get(f"{BY_EMAIL}/{ADA}")).headers["etag"]


async def test_a_key_covers_them(client: httpx.AsyncClient) -> None:
    """Sent again they are answered alike, whatever record has the values now; a dry run keeps nothing."""
    operations = (post(email=ADA, number=1), put(f"{BY_EMAIL}/{BOB}"), patch(f"{BY_NUMBER}/1", number=2))
    tried = await made(client, *operations, params={"validate_only": "true"})
    assert ([200, 200, 200], []) == ([each["status"] for each in tried], await emails(client))
    key = {"idempotency-key": "k"}
    first = await made(client, *operations, headers=key)
    await made(client, delete(f"{BY_NUMBER}/2"), delete(f"{BY_EMAIL}/{BOB}"))
    again = await send(client, *operations, headers=key)
    assert (first, "true") == (again.json()["results"], again.headers["idempotency-replayed"])
    assert [] == await emails(client)
    metrics = (await client.get("/metrics")).text.splitlines()
    assert {"members_created_total 2", "members_updated_total 1", "members_deleted_total 2"} <= set(metrics)


async def test_owners(client: httpx.AsyncClient) -> None:
    """To each only their own is there; of several owners' records with the value none is chosen."""
    for who in (HER, HIM):
        await made(client, post(email=ADA, number=7), headers=who)
    await made(client, patch(f"{BY_NUMBER}/7", note="his"), headers=HIM)
    assert (409, 1) == await refused(client, post(email="x"), delete(f"{BY_NUMBER}/7"))
    assert (409, 1) == await refused(client, post(email="x"), put(f"{BY_NUMBER}/7", email="y"))
    notes = [(await client.get(f"{BY_NUMBER}/7", headers=who)).json()["note"] for who in (HER, HIM)]
    assert ["", "his"] == notes
    await made(client, put(f"{BY_EMAIL}/{BOB}", badge="b"), headers=HER)
    taken = await send(client, put(f"{MEMBERS}/by/badge/b", email="c"), headers=HIM)
    body = taken.json()["details"]
    assert (409, 0, "badge") == (
        taken.status_code,
        body["operation"],
        body["validation_errors"][0]["field"],
    )
    assert (404, 0) == await refused(client, delete(f"{MEMBERS}/by/badge/b"), headers=HIM)
    assert (412, 0) == await refused(client, put(f"{MEMBERS}/by/badge/b", ABSENT, email="c"), headers=HIM)
    hers = (await client.get(f"{BY_NUMBER}/7", headers=HER)).json()["id"]
    await made(client, delete(f"{MEMBERS}/{hers}"), patch(f"{BY_NUMBER}/7", note="the only one"))
    assert "the only one" == (await client.get(f"{BY_NUMBER}/7", headers=HIM)).json()["note"]


async def test_paths_are_read_as_those_of_requests(client: httpx.AsyncClient) -> None:
    """Percent-decoded once; any other path is refused."""
    segments = {"a%2Fb": "a/b", "a%252Fb": "a%2Fb", "%25": "%", "a%20b": "a b", "%C3%A9": "é", "ü": "ü"}
    results = await made(client, *(put(f"{BY_EMAIL}/{segment}") for segment in segments))
    assert list(segments.values()) == [each["body"]["email"] for each in results]
    for path in (f"{BY_EMAIL}/", f"{BY_EMAIL}/a/b", f"{MEMBERS}/by/team/x"):
        answer = await send(client, delete(path))
        reported = f"operations[0].path: Must be the path of a record, such as {MEMBERS}/{{id}}"
        assert (path, 400, reported) == (path, answer.status_code, answer.json()["message"])
    query = await send(client, delete(f"{BY_EMAIL}/{ADA}?owner=her"))
    assert (400, "operations[0].path: Must have no query") == (query.status_code, query.json()["message"])


async def test_upserts_at_once(client: httpx.AsyncClient) -> None:
    """One creates, the others change what it made, and none is lost."""
    batches = (send(client, put(f"{BY_EMAIL}/{ADA}", note=str(n)), post(email=str(n))) for n in range(16))
    answers = await asyncio.gather(*batches)
    assert {200: 16} == Counter(answer.status_code for answer in answers)
    statuses = Counter(answer.json()["results"][0]["status"] for answer in answers)
    assert {201: 1, 200: 15} == statuses
    assert '"16"' == (await client.get(f"{BY_EMAIL}/{ADA}")).headers["etag"]


async def test_versions_of_recreated_ids_are_known_to_later_operations(client: httpx.AsyncClient) -> None:
    """An id that was deleted goes on from its last version, which conditions and merges then meet."""
    path = f"{MEMBERS}/{ID}"
    kit = {"size": "M", "colour": "red"}
    await made(client, put(path, ABSENT, email=ADA), patch(path, note="x"), delete(path))
    version = int((await client.put(path, json={"email": ADA}, headers=ABSENT)).headers["etag"].strip('"'))
    await made(client, delete(path))
    tags = ", ".join(f'"{number}"' for number in range(version + 1, version + 5))
    results = await made(
        client,
        put(path, ABSENT, email=ADA, kit=kit),
        patch(path, {"If-Match": tags}, note="y"),
        patch(path, kit={"size": "L"}),
        delete(path, {"If-Match": tags}),
        put(path, ABSENT, email=ADA, kit=kit),
        patch(f"{BY_EMAIL}/{ADA}", kit={"size": "S"}),
        patch(f"{BY_EMAIL}/{ADA}", {"If-None-Match": '"1"'}, note="z"),
    )
    assert [201, 200, 200, 204, 201, 200, 200] == [each["status"] for each in results]
    assert {"size": "S", "colour": "red"} == results[-1]["body"]["kit"]
    outcome = await refused(
        client, delete(path), put(path, ABSENT, email=ADA), patch(path, {"If-Match": '"1", "2"'}, note="")
    )
    assert (412, 2) == outcome
