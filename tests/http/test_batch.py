"""Batches over HTTP: several writes in one request, all or nothing, on every store."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.contract.making import dice
from tests.support.members import MEMBERS_REFERENCE
from tests.support.service import ITEMS as ITEMS_REFERENCE
from tests.support.service import client_of, make_service

ITEMS, BATCH = "/api/v1/items", "/api/v1/batch"
ID = "0199c0de-1234-7abc-8def-0123456789ab"
OTHER = "0199c0de-1234-7abc-8def-0123456789ac"
Operation = dict[str, Any]


def create(name: object = "boat") -> Operation:
    """A create."""
    return {"method": "POST", "path": ITEMS, "body": {"name": name}}


def put(record_id: str, name: str, **headers: str) -> Operation:
    """A PUT with headers such as `if_match`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"method": "PUT", "path": f"{ITEMS}/{record_id}", "headers": named, "body": {"name": name}}


def delete(record_id: str) -> Operation:
    """A DELETE."""
    return {"method": "DELETE", "path": f"{ITEMS}/{record_id}"}


async def send(client: httpx.AsyncClient, *operations: Operation, **options: Any) -> httpx.Response:
    """The answer to a batch."""
    return await client.post(BATCH, json={"operations": operations}, **options)


async def names(client: httpx.AsyncClient) -> list[str]:
    """The names of all items."""
    return [item["name"] for item in (await client.get(ITEMS, params={"limit": 100})).json()["items"]]


@pytest.fixture
async def memory(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service in memory, for what no store decides."""
    async with client_of(make_service(tmp_path)) as client:
        yield client


async def test_each_is_answered_as_alone(client: httpx.AsyncClient) -> None:
    """Statuses, tags, locations and bodies; later operations see what earlier ones did."""
    answer = await send(
        client,
        create(),
        put(ID, "ship", If_None_Match="*"),
        {
            "method": "PATCH",
            "path": f"{ITEMS}/{ID.upper()}",
            "headers": {"if-match": '"1"'},
            "body": {"description": "x"},
        },
        put(ID, "other", If_Match='"2", "5"'),
        delete(ID),
    )
    assert 200 == answer.status_code, answer.text
    results = answer.json()["results"]
    assert [201, 201, 200, 200, 204] == [each["status"] for each in results]
    assert ['"1"', '"1"', '"2"', '"3"', None] == [each["headers"].get("etag") for each in results]
    assert f"{ITEMS}/{ID}" == results[1]["headers"]["location"]
    assert ("ship", "x") == (results[2]["body"]["name"], results[2]["body"]["description"])
    assert {"status": 204, "headers": {}} == results[4]
    assert results[0]["body"] == (await client.get(results[0]["headers"]["location"])).json()
    assert ["boat"] == await names(client)


async def test_one_that_cannot_be_made_undoes_all(client: httpx.AsyncClient) -> None:
    """Its own status and message, and its place; the lowest one is reported."""
    await client.put(f"{ITEMS}/{ID}", json={"name": "boat"}, headers={"if-none-match": "*"})
    refused: list[tuple[Operation, int, str]] = [
        (put(ID, "x", If_Match='"9"'), 412, "PRECONDITION_FAILED"),
        (put(ID, "x", If_Match='"8", "9"'), 412, "PRECONDITION_FAILED"),
        (put(ID, "x", If_None_Match="*"), 412, "PRECONDITION_FAILED"),
        (put(OTHER, "x"), 404, "NOT_FOUND"),
        (put(OTHER, "x", If_Match='"8", "9"'), 404, "NOT_FOUND"),
        (delete("nothing"), 404, "NOT_FOUND"),
        (put("\0", "x", If_Match='"8", "9"'), 404, "NOT_FOUND"),
        (put(OTHER, "", If_Match='"8", "9"'), 422, "VALIDATION_ERROR"),
        (put(ID, ""), 422, "VALIDATION_ERROR"),
    ]
    for operation, status, code in refused:
        answer = await send(client, create(), put(ID, "changed"), operation, put(ID, "", If_Match='"7"'))
        problem = answer.json()
        assert (status, code, 2) == (answer.status_code, problem["error"], problem["details"]["operation"])
    answer = await send(client, create(), delete(OTHER), put(ID, ""))
    assert (404, 1) == (answer.status_code, answer.json()["details"]["operation"])
    assert ["boat"] == await names(client)


async def test_a_unique_value_is_kept_over_resources(
    store_variables: dict[str, str], tmp_path: Path
) -> None:
    """409 for the operation that breaks it, and nothing of any resource; a value that is freed is free."""
    references = (ITEMS_REFERENCE, MEMBERS_REFERENCE)
    service = make_service(tmp_path, RESOURCES=",".join(references), **store_variables)
    members = [
        {"method": "POST", "path": "/api/v1/members", "body": {"email": email}}
        for email in ("ada@example.org", "bob@example.org", "ADA@example.org")
    ]
    async with client_of(service, resources=references) as client:
        answer = await send(client, create(), *members)
        assert (409, 3) == (answer.status_code, answer.json()["details"]["operation"])
        assert "unique" == answer.json()["details"]["validation_errors"][0]["code"]
        totals = [(await client.get(path)).json()["total"] for path in (ITEMS, "/api/v1/members")]
        assert [0, 0] == totals
        made = await send(client, create(), *members[:2])
        first = made.json()["results"][1]["headers"]["location"]
        answer = await send(client, {"method": "DELETE", "path": first}, members[2])
        assert [204, 201] == [each["status"] for each in answer.json()["results"]]


async def test_one_key_covers_all(client: httpx.AsyncClient) -> None:
    """Sent again it is answered again and changes nothing; another body is refused."""
    key = {"idempotency-key": "one"}
    operations = (create(), put(ID, "ship", If_None_Match="*"), delete(ID))
    first = await send(client, *operations, headers=key)
    again = await send(client, *operations, headers=key)
    assert first.json() == again.json()
    assert (None, "true") == tuple(each.headers.get("idempotency-replayed") for each in (first, again))
    assert 422 == (await send(client, create("x"), headers=key)).status_code
    assert ["boat"] == await names(client)
    metrics = (await client.get("/metrics")).text.splitlines()
    assert {"items_created_total 2", "items_deleted_total 1"} <= set(metrics)
    assert {"batches_total 1", "batch_operations_total 3"} <= set(metrics)


async def test_it_can_be_tried_and_answered_without_bodies(client: httpx.AsyncClient) -> None:
    """A dry run keeps nothing; with return=minimal each result is that of a write without a body."""
    operations = (create(), put(ID, "ship", If_None_Match="*"), delete(ID))
    tried = await send(client, *operations, params={"validate_only": "true"})
    assert [200, 200, 204] == [each["status"] for each in tried.json()["results"]]
    assert [{}, {}, {}] == [each["headers"] for each in tried.json()["results"]]
    assert [] == await names(client)
    made = await send(client, *operations, headers={"prefer": "return=minimal"})
    assert "return=minimal" == made.headers["preference-applied"]
    results = made.json()["results"]
    assert [204, 204, 204] == [each["status"] for each in results]
    assert f"{ITEMS}/{ID}" == results[1]["headers"]["location"]
    assert not any("body" in each for each in results)


async def test_concurrent_batches_are_whole(client: httpx.AsyncClient) -> None:
    """In random orders over the same records: 200 or 409; what is there is what the 200s wrote."""
    ids = [f"0199c0de-1234-7abc-8def-{number:012}" for number in range(10)]
    await send(client, *(put(each, "start", If_None_Match="*") for each in ids))
    chance = dice(7)
    orders = [chance.sample(ids, len(ids)) for _ in range(50)]
    tags = {"If_Match": ", ".join(f'"{version}"' for version in range(1, 60))}

    async def batch(turn: int) -> httpx.Response:
        headers = tags if turn % 5 == 0 else {}
        return await send(client, *(put(each, f"turn {turn}", **headers) for each in orders[turn]))

    answers = await asyncio.gather(*map(batch, range(50)))
    assert {each.status_code for each in answers} <= {200, 409}
    made = sum(each.status_code == 200 for each in answers)
    items = (await client.get(ITEMS)).json()["items"]
    assert 1 == len({item["name"] for item in items})
    versions = [(await client.get(f"{ITEMS}/{each}")).headers["etag"] for each in ids]
    assert [f'"{made + 1}"'] * len(ids) == versions
    assert made >= 40


BAD: dict[str, tuple[Any, str, int | None]] = {
    "no operations": ({"operations": []}, "operations: Must have at least one", None),
    "too many": ({"operations": [create()] * 101}, "operations: Must be at most 100", None),
    "none named": ({}, "operations: Is required", None),
    "another member": (
        {"operations": [create()], "x": 1},
        "x: Member is unknown; the only one is operations",
        None,
    ),
    "a list": ([create()], "body: Must be an object", None),
    "no list": ({"operations": {}}, "operations: Must be a list", None),
    "a number": ({"operations": [create(), 1]}, "operations[1]: Must be an object", 1),
    "no method": ({"operations": [{"path": ITEMS}]}, "operations[0].method: Is required", 0),
    "a read": (
        {"operations": [create(), {"method": "GET", "path": ITEMS}]},
        "operations[1].method: Must be POST, PUT, PATCH or DELETE",
        1,
    ),
    "a member of one": (
        {"operations": [{**create(), "query": ""}]},
        "operations[0].query: Member is unknown; known are method, path, headers, body",
        0,
    ),
    "another header": (
        {"operations": [{**create(), "headers": {"Authorization": "x"}}]},
        "operations[0].headers.Authorization: Header is unknown; known are If-Match, If-None-Match",
        0,
    ),
    "no tag": ({"operations": [put(ID, "x", If_Match="x")]}, "If-Match: Must be", 0),
    "a header that is no text": (
        {"operations": [create(), {**put(ID, "x"), "headers": {"If-Match": 1}}]},
        "operations[1].headers.If-Match: Must be a text",
        1,
    ),
    "headers that are none": (
        {"operations": [{**put(ID, "x"), "headers": []}]},
        "operations[0].headers: Must be an object",
        0,
    ),
    "long headers": (
        {"operations": [put(ID, "x", If_Match='"1",' * 5000)]},
        "operations[0].headers: Must be at most 16384 bytes",
        0,
    ),
    "a long path": (
        {"operations": [{**delete(ID), "path": f"{ITEMS}/{'%31' * 3000}"}]},
        "operations[0].path: Must be at most 8192 characters",
        0,
    ),
    "a path that is no text": (
        {"operations": [{**delete(ID), "path": 1}]},
        "operations[0].path: Must be a text",
        0,
    ),
    "the first of several": (
        {"operations": [create(), {**delete(ID), "path": "x"}, {}]},
        "operations[1].path: Must be the path of a record",
        1,
    ),
    "a query": (
        {"operations": [{**create(), "path": f"{ITEMS}?validate_only=true"}]},
        "operations[0].path: Must have no query",
        0,
    ),
    "another batch": (
        {"operations": [{**create(), "path": BATCH}]},
        "operations[0].path: Must be the path",
        0,
    ),
    "another path": ({"operations": [{**delete(ID), "path": "/health"}]}, "operations[0].path: Must be", 0),
    "a record's path": ({"operations": [{**create(), "path": f"{ITEMS}/{ID}"}]}, "operations[0].path: ", 0),
    "a collection's path": ({"operations": [{**delete(ID), "path": ITEMS}]}, "operations[0].path: ", 0),
    "no body": ({"operations": [{"method": "POST", "path": ITEMS}]}, "operations[0].body: Is required", 0),
    "a body of DELETE": (
        {"operations": [{**delete(ID), "body": None}]},
        "operations[0].body: Must be absent",
        0,
    ),
    "a wrong type": ({"operations": [create(), create(1)]}, "Invalid JSON format", 1),
    "no id": ({"operations": [put("x", "x", If_None_Match="*")]}, "id: Must be a UUID", 0),
}


@pytest.mark.parametrize(("body", "message", "operation"), BAD.values(), ids=BAD.keys())
async def test_what_is_no_batch_is_told(
    memory: httpx.AsyncClient, body: object, message: str, operation: int | None
) -> None:
    """400, what is wrong and where; nothing is written."""
    answer = await memory.post(BATCH, json=body)
    problem = answer.json()
    assert 400 == answer.status_code, problem
    assert message == problem["message"][: len(message)]
    assert operation == problem.get("details", {}).get("operation")
    assert [] == await names(memory)


async def test_what_is_no_json_is_told(memory: httpx.AsyncClient) -> None:
    """As of any body."""
    for content in (b"", b"{", b'{"operations":[\xff]}', b"[" * 1000):
        answer = await memory.post(BATCH, content=content, headers={"content-type": "application/json"})
        assert (400, "Malformed JSON") == (answer.status_code, answer.json()["message"])
    assert 405 == (await memory.get(BATCH)).status_code
    assert 400 == (await memory.post(BATCH, json={}, params={"x": "1"})).status_code


async def test_versions_can_be_demanded(tmp_path: Path) -> None:
    """REQUIRE_IF_MATCH holds for operations, too."""
    async with client_of(make_service(tmp_path, REQUIRE_IF_MATCH="true")) as client:
        answer = await send(client, create(), put(ID, "x"))
        assert (428, 1) == (answer.status_code, answer.json()["details"]["operation"])
        assert 200 == (await send(client, put(ID, "x", If_None_Match="*"))).status_code


async def test_operations_count_against_the_limit(tmp_path: Path) -> None:
    """Each costs one; a batch that is broken, or of which not all may pass, costs one in all."""
    async with client_of(make_service(tmp_path, RATE_LIMIT_MAX_REQUESTS="10")) as client:
        answers = [
            await send(client, *[create()] * 6),
            await client.post(BATCH, json={}),
            await send(client, *[create()] * 5),
            await send(client, *[create()] * 2),
        ]
        assert [200, 400, 429, 200] == [each.status_code for each in answers]
        left = [each.headers["x-ratelimit-remaining"] for each in answers]
        assert ["4", "3", "2", "0"] == left
        assert 1 == len(answers[0].headers.get_list("x-ratelimit-remaining"))
        assert "60" == answers[2].headers["retry-after"]
    async with client_of(make_service(tmp_path, RATE_LIMIT_MAX_REQUESTS="10")) as client:
        answer = await send(client, *[create()] * 11)
        assert (400, "operations: Must be at most 10") == (
            answer.status_code,
            answer.json()["message"][:30],
        )


async def test_records_of_others_are_not_there(tmp_path: Path) -> None:
    """An owner's batch finds nothing of another's, and creates what is the owner's own."""
    whose = ["her"]
    async with client_of(
        make_service(tmp_path), identify=lambda request: setattr(request, "owner", whose[0])
    ) as client:
        assert 200 == (await send(client, put(ID, "hers", If_None_Match="*"))).status_code
        whose[0] = "him"
        for operation in (put(ID, "x"), delete(ID), put(ID, "x", If_Match='"1", "2"')):
            answer = await send(client, create(), operation)
            assert (404, 1) == (answer.status_code, answer.json()["details"]["operation"])
        answer = await send(client, put(ID, "x", If_None_Match="*"))
        assert (412, {"operation": 0}) == (answer.status_code, answer.json()["details"])
        assert [] == await names(client)
