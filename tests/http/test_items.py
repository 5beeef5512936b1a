"""Items over HTTP, as in the wire contract."""

import re
from datetime import datetime

import httpx
import pytest

from tests.http.stores import before_any_store

ITEMS = "/api/v1/items"
UNKNOWN_ID = "00000000-0000-7000-8000-000000000000"
RFC_3339_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")


async def create(client: httpx.AsyncClient, **fields: object) -> dict[str, object]:
    """The body of a created item."""
    response = await client.post(ITEMS, json=fields)
    assert 201 == response.status_code, response.text
    body: dict[str, object] = response.json()
    return body


async def test_create_answers_the_item_and_where_it_is(client: httpx.AsyncClient) -> None:
    """201, exactly the contract's fields, equal times, a Location that works, the version as ETag."""
    response = await client.post(ITEMS, json={"name": "  boat ", "description": " small "})
    item = response.json()
    assert 201 == response.status_code
    assert ["id", "name", "description", "created_at", "updated_at"] == list(item)
    assert ("boat", "small") == (item["name"], item["description"])
    assert item["created_at"] == item["updated_at"]
    assert RFC_3339_UTC.fullmatch(item["created_at"])
    assert '"1"' == response.headers["etag"]
    assert response.headers["location"] == f"{ITEMS}/{item['id']}"
    assert item == (await client.get(response.headers["location"])).json()


async def test_description_is_always_present(client: httpx.AsyncClient) -> None:
    """An absent, null or empty description is null in every answer."""
    for fields in ({"name": "a"}, {"name": "a", "description": None}, {"name": "a", "description": " "}):
        item = await create(client, **fields)
        assert item["description"] is None


async def test_unknown_fields_are_ignored(client: httpx.AsyncClient) -> None:
    """What the declaration does not know neither fails nor is kept; ids cannot be chosen."""
    item = await create(client, name="a", colour="red", id=UNKNOWN_ID, version=7)
    assert item["id"] != UNKNOWN_ID
    assert "colour" not in item


@pytest.mark.parametrize(
    ("name", "accepted"),
    [
        ("x", True),
        ("x" * 255, True),
        (" " + "x" * 255 + " ", True),
        ("😀" * 255, True),
        ("x" * 256, False),
        ("", False),
        ("   ", False),
    ],
)
async def test_name_length_counts_after_trimming(
    client: httpx.AsyncClient, name: str, accepted: bool
) -> None:
    """1 to 255 characters are accepted, whatever white space stands around them."""
    response = await client.post(ITEMS, json={"name": name})
    if accepted:
        assert 201 == response.status_code
        return
    assert 422 == response.status_code
    error = response.json()
    assert ("VALIDATION_ERROR", "Validation failed") == (error["error"], error["message"])
    assert [
        {"field": "name", "message": "Name must be between 1 and 255 characters", "code": "length"}
    ] == error["details"]["validation_errors"]


async def test_all_broken_rules_are_told_at_once(client: httpx.AsyncClient) -> None:
    """A client learns of every broken field in one answer."""
    response = await client.post(ITEMS, json={"name": "", "description": "x" * 1001})
    fields = [each["field"] for each in response.json()["details"]["validation_errors"]]
    assert ["name", "description"] == fields
    assert 0 == (await client.get(ITEMS)).json()["total"]


async def test_update_keeps_what_is_absent_or_null(client: httpx.AsyncClient) -> None:
    """PUT sets what is given; absent and null keep, an empty text clears; `{}` bumps updated_at alone."""
    item = await create(client, name="a", description="b")
    path = f"{ITEMS}/{item['id']}"
    renamed = await client.put(path, json={"name": "c", "description": None})
    assert 200 == renamed.status_code
    assert ("c", "b") == (renamed.json()["name"], renamed.json()["description"])
    assert '"2"' == renamed.headers["etag"]
    assert (await client.put(path, json={"description": ""})).json()["description"] is None
    before = (await client.get(path)).json()
    touched = (await client.put(path, json={})).json()
    assert datetime.fromisoformat(touched["updated_at"]) > datetime.fromisoformat(before["updated_at"])
    assert touched | {"updated_at": None} == before | {"updated_at": None}


async def test_validation_comes_before_not_found(client: httpx.AsyncClient) -> None:
    """An invalid update of an unknown item is 422, a valid one 404."""
    path = f"{ITEMS}/{UNKNOWN_ID}"
    assert 422 == (await client.put(path, json={"name": ""})).status_code
    assert 404 == (await client.put(path, json={"name": "a"})).status_code


async def test_delete_is_final(client: httpx.AsyncClient) -> None:
    """204 without a body, then 404 for every method on the item."""
    path = f"{ITEMS}/{(await create(client, name='a'))['id']}"
    response = await client.delete(path)
    assert (204, b"") == (response.status_code, response.content)
    assert "content-length" not in response.headers
    for method in ("DELETE", "GET"):
        assert 404 == (await client.request(method, path)).status_code


@pytest.mark.parametrize(
    "record_id",
    ["x", "1", "%00", "%F0%9F%98%80", "..%2f..%2fetc", "a" * 5000, UNKNOWN_ID, UNKNOWN_ID.upper(), "%ff"],
)
async def test_any_unknown_id_is_not_found(client: httpx.AsyncClient, record_id: str) -> None:
    """Whatever stands in the place of an id, an item that is not there is 404 with the envelope."""
    response = await client.get(f"{ITEMS}/{record_id}")
    assert 404 == response.status_code
    assert "NOT_FOUND" == response.json()["error"]
    assert "Resource not found" == response.json()["message"]


async def test_an_id_in_capitals_is_the_same_id(client: httpx.AsyncClient) -> None:
    """RFC 9562, 4: read, changed under one key and one ETag, and gone, whichever way it is spelled."""
    created = await create(client, name="a")
    path, capitals = (f"{ITEMS}/{each}" for each in (created["id"], str(created["id"]).upper()))
    assert path != capitals
    first, second = await client.get(path), await client.get(capitals)
    assert (200, created) == (second.status_code, second.json())
    assert first.headers["etag"] == second.headers["etag"]
    assert 304 == (await client.get(capitals, headers={"if-none-match": '"1"'})).status_code
    keyed = {"idempotency-key": '"k"'}
    changed = await client.put(capitals, json={"name": "b"}, headers=keyed)
    again = await client.put(path, json={"name": "b"}, headers=keyed)
    assert ("2", "true") == (again.headers["etag"].strip('"'), again.headers["idempotency-replayed"])
    assert changed.json() == again.json() == (await client.get(path)).json()
    assert 204 == (await client.delete(capitals)).status_code
    assert 404 == (await client.get(path)).status_code


async def test_list_by_offset(client: httpx.AsyncClient) -> None:
    """A slice in order of creation with the exact total."""
    names = [f"n{number}" for number in range(5)]
    for name in names:
        await create(client, name=name)
    body = (await client.get(ITEMS, params={"limit": 2, "offset": 1})).json()
    assert [item["name"] for item in body["items"]] == names[1:3]
    assert (5, 2, 1) == (body["total"], body["limit"], body["offset"])
    default = (await client.get(ITEMS)).json()
    assert (5, 20, 0) == (len(default["items"]), default["limit"], default["offset"])


async def test_list_by_cursor_walks_everything_once(client: httpx.AsyncClient) -> None:
    """Following next_cursor, or the Link header, meets every item once, in order, and ends with null."""
    names = [f"n{number}" for number in range(7)]
    for name in names:
        await create(client, name=name)
    seen: list[str] = []
    url: str | None = f"{ITEMS}?cursor=&limit=3"
    while url is not None:
        response = await client.get(url)
        body = response.json()
        assert ["items", "limit", "next_cursor"] == list(body)
        seen += [item["name"] for item in body["items"]]
        link = response.headers.get("link")
        assert (link is None) == (body["next_cursor"] is None)
        url = link and link.removeprefix("<").partition(">")[0]
    assert seen == names


@before_any_store
@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("limit=0", "limit: Limit must be between 1 and 100"),
        ("limit=101", "limit: Limit must be between 1 and 100"),
        ("limit=x", "limit: Limit must be between 1 and 100"),
        ("limit=", "limit: Limit must be between 1 and 100"),
        ("limit=1e1", "limit: Limit must be between 1 and 100"),
        ("limit=+5", "limit: Limit must be between 1 and 100"),
        ("limit=%FF", "limit: Must be percent-encoded UTF-8"),
        ("limit=٣", "limit: Limit must be between 1 and 100"),
        ("limit=" + "9" * 5000, "limit: Limit must be between 1 and 100"),
        ("limit=1&limit=2", "limit: Limit must be given once"),
        ("offset=-1", "offset: Offset must be between 0 and 9007199254740991"),
        ("offset=9007199254740992", "offset: Offset must be between 0 and 9007199254740991"),
        ("offset=9999999999999999999", "offset: Offset must be between 0 and 9007199254740991"),
        (
            "cursor=abc",
            "cursor: Cursor must be the next_cursor of a list with the same conditions and sort",
        ),
        (
            "cursor=%00",
            "cursor: Cursor must be the next_cursor of a list with the same conditions and sort",
        ),
        ("cursor=&offset=0", "cursor: Cursor and offset cannot be used together"),
    ],
)
async def test_bad_list_parameters_are_named(client: httpx.AsyncClient, query: str, message: str) -> None:
    """400 BAD_REQUEST whose message begins with the parameter."""
    response = await client.get(f"{ITEMS}?{query}")
    assert 400 == response.status_code
    assert ("BAD_REQUEST", message) == (response.json()["error"], response.json()["message"])


async def test_an_altered_cursor_is_refused(client: httpx.AsyncClient) -> None:
    """Every single character changed makes 400, never another page."""
    for name in "ab":
        await create(client, name=name)
    cursor = (await client.get(f"{ITEMS}?cursor=&limit=1")).json()["next_cursor"]
    assert 200 == (await client.get(f"{ITEMS}?cursor={cursor}")).status_code
    for place, character in enumerate(cursor):
        other = "A" if character != "A" else "B"
        altered = cursor[:place] + other + cursor[place + 1 :]
        assert 400 == (await client.get(f"{ITEMS}?cursor={altered}")).status_code, place
