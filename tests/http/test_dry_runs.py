"""Writes that are only tried, and writes whose answers have no body."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.service import client_of, make_service

ITEMS = "/api/v1/items"
ID = "0199c0de-1234-7abc-8def-0123456789ab"
DRY = {"validate_only": "true"}
MINIMAL = {"prefer": "return=minimal"}


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service on memory; `tests/contract/test_dry_runs.py` asks the stores."""
    async with client_of(make_service(tmp_path)) as client:
        yield client


@pytest.fixture
async def path(client: httpx.AsyncClient) -> str:
    """The path of an item."""
    return str((await client.post(ITEMS, json={"name": "boat"})).headers["location"])


async def everything(client: httpx.AsyncClient) -> list[Any]:
    """All items."""
    items: list[Any] = (await client.get(ITEMS)).json()["items"]
    return items


def requests(path: str) -> list[tuple[str, str, object, dict[str, str]]]:
    """A write of each sort that can be made: method, path, body and headers."""
    return [
        ("POST", ITEMS, {"name": "ship"}, {}),
        ("PUT", f"{ITEMS}/{ID}", {"name": "ship"}, {"if-none-match": "*"}),
        ("PUT", path, {"name": "ship"}, {}),
        ("PATCH", path, {"name": "ship"}, {"if-match": '"1"'}),
        ("PATCH", path, {"name": "boat"}, {}),
        ("DELETE", path, None, {}),
    ]


async def test_it_tells_what_would_be(client: httpx.AsyncClient, path: str) -> None:
    """200 with the record as it would be, 204 where there would be none; neither tag nor location."""
    before = await everything(client)
    for method, where, body, headers in requests(path):
        response = await client.request(method, where, json=body, headers=headers, params=DRY)
        assert (method, 204 if method == "DELETE" else 200) == (method, response.status_code)
        assert {"etag", "location"}.isdisjoint(response.headers)
        if body is not None:
            assert body == {name: response.json()[name] for name in ("name",)}
        assert before == await everything(client)


async def test_it_is_refused_as_the_write_would_be(client: httpx.AsyncClient, path: str) -> None:
    """The same status and message, for each reason."""
    unknown = f"{ITEMS}/{ID}"
    absent, stale = {"if-none-match": "*"}, {"if-match": '"9"'}
    refused: list[tuple[str, str, object, dict[str, str], int]] = [
        ("POST", ITEMS, {"name": ""}, {}, 422),
        ("POST", ITEMS, {}, {}, 400),
        ("PUT", path, {"name": "x"}, absent, 412),
        ("PUT", path, {"name": "x"}, stale, 412),
        ("PUT", unknown, {"name": "x"}, {}, 404),
        ("PATCH", path, {"name": None}, {}, 422),
        ("PATCH", path, {"name": "boat"}, stale, 412),
        ("DELETE", path, None, stale, 412),
        ("DELETE", unknown, None, {}, 404),
    ]
    for method, where, body, headers, status in refused:
        tried = await client.request(method, where, json=body, headers=headers, params=DRY)
        made = await client.request(method, where, json=body, headers=headers)
        assert (method, status, status) == (method, tried.status_code, made.status_code)
        for name in ("error", "message", "details"):
            assert made.json().get(name) == tried.json().get(name)


async def test_it_reads_keys_and_keeps_none(client: httpx.AsyncClient) -> None:
    """A key that was tried is free; one that was used is answered as the write would be, sent again."""
    key = {"idempotency-key": "k"}
    await client.post(ITEMS, json={"name": "tried"}, headers=key, params=DRY)
    made = await client.post(ITEMS, json={"name": "boat"}, headers=key)
    assert (201, "boat") == (made.status_code, made.json()["name"])
    replayed = await client.post(ITEMS, json={"name": "boat"}, headers=key, params=DRY)
    assert (200, "true", made.json()) == (
        replayed.status_code,
        replayed.headers["idempotency-replayed"],
        replayed.json(),
    )
    assert {"etag", "location"}.isdisjoint(replayed.headers)
    other = await client.post(ITEMS, json={"name": "ship"}, headers=key, params=DRY)
    assert 422 == other.status_code
    assert 1 == len(await everything(client))


async def test_false_is_no_dry_run(client: httpx.AsyncClient) -> None:
    """And is the same write as without the parameter: a key knows it."""
    key = {"idempotency-key": "k"}
    made = await client.post(ITEMS, json={"name": "a"}, headers=key, params={"validate_only": "false"})
    again = await client.post(ITEMS, json={"name": "a"}, headers=key)
    assert (201, 201, made.content) == (made.status_code, again.status_code, again.content)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("validate_only=yes", "validate_only: Must be true or false"),
        ("validate_only=", "validate_only: Must be true or false"),
        ("validate_only", "validate_only: Must be true or false"),
        ("validate_only=true&validate_only=true", "validate_only: Must be given once"),
        ("validateonly=true", "validateonly: Parameter is unknown; did you mean validate_only?"),
    ],
)
async def test_a_bad_parameter_is_400_and_nothing_happens(
    client: httpx.AsyncClient, query: str, message: str
) -> None:
    """On every write: a misspelt dry run must not be a write."""
    for method, where, body, headers in requests(f"{ITEMS}/{ID}"):
        response = await client.request(method, f"{where}?{query}", json=body, headers=headers)
        assert (method, 400, message) == (method, response.status_code, response.json()["message"])
    assert [] == await everything(client)


async def test_reads_take_none(client: httpx.AsyncClient, path: str) -> None:
    """A read has nothing to try."""
    for where in (path, ITEMS):
        assert 400 == (await client.get(where, params=DRY)).status_code


@pytest.mark.parametrize(
    ("method", "body", "headers", "tag", "has_location"),
    [
        ("POST", {"name": "ship"}, {}, '"1"', True),
        ("PUT", {"name": "ship"}, {"if-none-match": "*"}, '"1"', True),
        ("PUT", {"name": "ship"}, {}, '"2"', False),
        ("PATCH", {"name": "ship"}, {}, '"2"', False),
        ("PATCH", {}, {}, '"1"', False),
    ],
)
async def test_a_minimal_answer_has_no_body(
    client: httpx.AsyncClient,
    path: str,
    method: str,
    body: object,
    headers: dict[str, str],
    tag: str,
    has_location: bool,
) -> None:
    """204 with the tag, where a new record is, and that the preference was applied."""
    where = ITEMS if method == "POST" else f"{ITEMS}/{ID}" if headers else path
    response = await client.request(method, where, json=body, headers=headers | MINIMAL)
    reported = response.headers
    assert (204, b"", "return=minimal", tag, has_location) == (
        response.status_code,
        response.content,
        reported["preference-applied"],
        reported["etag"],
        "location" in reported,
    )


async def test_a_delete_has_no_body_in_any_case(client: httpx.AsyncClient, path: str) -> None:
    """So nothing is said of the preference."""
    response = await client.delete(path, headers=MINIMAL)
    assert (204, None) == (response.status_code, response.headers.get("preference-applied"))


async def test_a_minimal_answer_is_replayed_as_it_is_preferred(client: httpx.AsyncClient) -> None:
    """The preference is no part of the request that a key stands for."""
    key = {"idempotency-key": "k"}
    made = await client.post(ITEMS, json={"name": "boat"}, headers=key)
    again = await client.post(ITEMS, json={"name": "boat"}, headers=key | MINIMAL)
    assert (204, b"", "true", made.headers["etag"], made.headers["location"]) == (
        again.status_code,
        again.content,
        again.headers["idempotency-replayed"],
        again.headers["etag"],
        again.headers["location"],
    )


async def test_a_minimal_dry_run_says_that_it_would_pass(client: httpx.AsyncClient) -> None:
    """204 alone."""
    response = await client.post(ITEMS, json={"name": "boat"}, headers=MINIMAL, params=DRY)
    assert (204, b"", "return=minimal") == (
        response.status_code,
        response.content,
        response.headers["preference-applied"],
    )
    assert {"etag", "location"}.isdisjoint(response.headers)
    assert [] == await everything(client)
