"""PATCH (RFC 5789) with merge patches (RFC 7396): what is named changes, null clears, the rest stays."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.resources import vessel_body
from tests.support.service import ITEMS as DECLARED_ITEMS
from tests.support.service import client_of, make_service

ITEMS = "/api/v1/items"
VESSELS = "/api/v1/vessels"
UNKNOWN = f"{ITEMS}/00000000-0000-7000-8000-000000000000"
MERGE_PATCH = "application/merge-patch+json"
RESOURCES = (DECLARED_ITEMS, "tests.support.resources:VESSELS")


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service on memory; `tests/contract/test_patches.py` asks the stores."""
    async with client_of(make_service(tmp_path)) as client:
        yield client


@pytest.fixture
async def path(client: httpx.AsyncClient) -> str:
    """The path of an item."""
    response = await client.post(ITEMS, json={"name": "boat", "description": "small"})
    return str(response.headers["location"])


async def patch(client: httpx.AsyncClient, path: str, body: str, **headers: str) -> httpx.Response:
    """Send a merge patch."""
    reported = {"content-type": MERGE_PATCH} | {
        name.replace("_", "-"): text for name, text in headers.items()
    }
    return await client.patch(path, content=body, headers=reported)


@pytest.mark.parametrize(
    ("body", "name", "description"),
    [
        ('{"name": " ship "}', "ship", "small"),
        ('{"description": null}', "boat", None),
        ('{"description": ""}', "boat", None),
        ('{"name": "ship", "description": "large", "id": "x", "unknown": [1]}', "ship", "large"),
        ('{"name": "raft", "name": "ship"}', "ship", "small"),
    ],
)
async def test_what_is_named_changes(
    client: httpx.AsyncClient, path: str, body: str, name: str, description: str | None
) -> None:
    """200 with the whole record, one version on; of a name that comes twice the last value counts."""
    before = (await client.get(path)).json()
    response = await patch(client, path, body)
    reported = response.json()
    assert (200, '"2"') == (response.status_code, response.headers["etag"])
    assert (
        before
        | {
            "name": name,
            "description": description,
            "updated_at": reported["updated_at"],
        }
        == reported
    )
    assert before["updated_at"] < reported["updated_at"]
    assert reported == (await client.get(path)).json()


@pytest.mark.parametrize(
    "body", ["{}", '{"name": "boat"}', '{"name": " boat", "description": "small "}', '{"unknown": 1}']
)
async def test_what_changes_nothing_makes_no_version(
    client: httpx.AsyncClient, path: str, body: str
) -> None:
    """200 with the record as it is, and its tag."""
    before = await client.get(path)
    response = await patch(client, path, body)
    assert (200, '"1"') == (response.status_code, response.headers["etag"])
    assert before.json() == response.json() == (await client.get(path)).json()


@pytest.mark.parametrize(
    "content_type", [MERGE_PATCH, "application/json", "Application/JSON; charset=utf-8"]
)
async def test_two_types_are_taken(client: httpx.AsyncClient, path: str, content_type: str) -> None:
    """Both say the same."""
    headers = {"content-type": content_type}
    response = await client.patch(path, content='{"name": "ship"}', headers=headers)
    assert (200, "ship") == (response.status_code, response.json()["name"])


@pytest.mark.parametrize(
    "content_type", [None, "", "application/json-patch+json", "text/json", "application/x+json"]
)
async def test_any_other_is_refused(client: httpx.AsyncClient, path: str, content_type: str | None) -> None:
    """415, which lists what is accepted; nothing was changed."""
    headers = {} if content_type is None else {"content-type": content_type}
    response = await client.patch(path, content=b'{"name": "ship"}', headers=headers)
    accepted = "application/merge-patch+json, application/json"
    assert (415, accepted) == (response.status_code, response.headers["accept-patch"])
    assert (
        "Content-Type must be application/merge-patch+json or application/json"
        == response.json()["message"]
    )
    assert "accept-query" not in response.headers
    assert "boat" == (await client.get(path)).json()["name"]


async def test_options_tell_the_types(client: httpx.AsyncClient, path: str) -> None:
    """RFC 5789, 3.1; asked of a dry run, too."""
    reported = (await client.options(path, params={"validate_only": "true"})).headers
    assert "GET, HEAD, PUT, PATCH, DELETE, OPTIONS" == reported["allow"]
    assert "application/merge-patch+json, application/json" == reported["accept-patch"]


@pytest.mark.parametrize(
    ("body", "status", "field", "code"),
    [
        ('{"name": null}', 422, "name", "required"),
        ('{"name": ""}', 422, "name", "length"),
        ('{"name": null, "description": "' + "x" * 1001 + '"}', 422, "name", "required"),
        ('{"name": 7}', 400, "name", "type"),
        ("[]", 400, "body", "type"),
        ("null", 400, "body", "type"),
    ],
)
async def test_bad_values_are_named(
    client: httpx.AsyncClient, path: str, body: str, status: int, field: str, code: str
) -> None:
    """A null that a field must not be is a broken rule; a wrong type is as on every other write."""
    response = await patch(client, path, body)
    violation = response.json()["details"]["validation_errors"][0]
    assert (status, field, code) == (response.status_code, violation["field"], violation["code"])
    assert '"1"' == (await client.get(path)).headers["etag"]


async def test_all_broken_rules_are_told(client: httpx.AsyncClient, path: str) -> None:
    """In the order of the fields."""
    response = await patch(client, path, '{"description": "' + "x" * 1001 + '", "name": null}')
    body = response.json()["details"]["validation_errors"]
    assert [
        ("name", "Name must not be null"),
        ("description", "Description must be at most 1000 characters"),
    ] == [(each["field"], each["message"]) for each in body]


@pytest.mark.parametrize("body", ["", "{", '{"name": "a"', '{"name": "\xff"}'])
async def test_what_is_no_json_is_400(client: httpx.AsyncClient, path: str, body: str) -> None:
    """As on every write."""
    headers = {"content-type": MERGE_PATCH}
    response = await client.patch(path, content=body.encode("latin-1"), headers=headers)
    assert (400, "Malformed JSON") == (response.status_code, response.json()["message"])


async def test_unknown_records_are_404_after_422(client: httpx.AsyncClient) -> None:
    """As for PUT: what is wrong with the body is reported first."""
    assert 404 == (await patch(client, UNKNOWN, "{}")).status_code
    assert 404 == (await patch(client, f"{ITEMS}/boat", "{}")).status_code
    assert 422 == (await patch(client, UNKNOWN, '{"name": ""}')).status_code


async def test_preconditions_hold_where_nothing_changes(client: httpx.AsyncClient, path: str) -> None:
    """A patch that would change nothing is refused as any other."""
    assert 200 == (await patch(client, path, "{}", if_match='"1"')).status_code
    assert 200 == (await patch(client, path, "{}", if_match='"1", "7"')).status_code
    assert 412 == (await patch(client, path, "{}", if_match='"2"')).status_code
    assert 412 == (await patch(client, path, "{}", if_match='"2", "3"')).status_code
    assert 412 == (await patch(client, path, "{}", if_none_match="*")).status_code
    assert 404 == (await patch(client, UNKNOWN, "{}", if_none_match="*")).status_code
    assert 412 == (await patch(client, path, "{}", if_none_match='"1"')).status_code


async def test_a_key_makes_it_once(client: httpx.AsyncClient, path: str) -> None:
    """Also one that changed nothing: sent again it does not undo what others wrote since."""
    first = await patch(client, path, '{"name": "boat"}', idempotency_key="k")
    await patch(client, path, '{"name": "ship"}')
    again = await patch(client, path, '{"name": "boat"}', idempotency_key="k")
    assert first.content == again.content
    assert ('"1"', "true") == (again.headers["etag"], again.headers["idempotency-replayed"])
    assert "ship" == (await client.get(path)).json()["name"]
    assert 422 == (await patch(client, path, '{"name": "raft"}', idempotency_key="k")).status_code


async def test_every_kind_can_be_cleared(tmp_path: Path) -> None:
    """Numbers, times and lists, too, which PUT cannot clear; what may not be null is refused."""
    service = make_service(tmp_path, RESOURCES=",".join(RESOURCES))
    optional = {
        "call_sign": "ABC1",
        "surveyed_at": "2026-01-01T00:00:00.000000Z",
        "rating": 5,
        "notes": ["a"],
    }
    async with client_of(service, resources=RESOURCES) as client:
        created = await client.post(VESSELS, json=vessel_body(**optional))
        cleared: dict[str, Any] = dict.fromkeys(optional)
        response = await client.patch(created.headers["location"], json=cleared)
        body = response.json()
        assert created.json() | cleared | {"updated_at": body["updated_at"]} == body
        others = dict.fromkeys(("crew", "draught", "in_port", "built_at", "rig", "tags", "berth"))
        refused = await client.patch(created.headers["location"], json=others)
        violations = refused.json()["details"]["validation_errors"]
        assert (422, {"required"}) == (refused.status_code, {each["code"] for each in violations})
        assert others.keys() == {each["field"] for each in violations}
