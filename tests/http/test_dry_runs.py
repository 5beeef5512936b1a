"""Writes that are only tried, and writes whose answers have no body."""

from typing import Any

import httpx
import pytest

ITEMS = "/api/v1/items"
ID = "0199c0de-1234-7abc-8def-0123456789ab"
DRY = {"validate_only": "true"}
MINIMAL = {"prefer": "return=minimal"}


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


async def test_a_minimal_answer_has_no_body(client: httpx.AsyncClient, path: str) -> None:
    """204 with the tag, where a new record is, and that the preference was applied."""
    expected = {
        "POST": ('"1"', True),
        "PUT": ('"1"', True),
        "PATCH": ('"1"', False),
    }
    for method, where, body, headers in requests(path):
        if headers.get("if-match"):
            continue
        response = await client.request(method, where, json=body, headers=headers | MINIMAL)
        told = (response.status_code, response.content, response.headers.get("preference-applied"))
        if method == "DELETE":
            assert (204, b"", None) == told
            continue
        assert (204, b"", "return=minimal") == told
        tag, has_location = expected[method]
        if method == "PUT" and where == path:
            tag, has_location = '"2"', False
            expected["PATCH"] = ('"3"', False)
        assert (method, tag, has_location) == (
            method,
            response.headers["etag"],
            "location" in response.headers,
        )


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
