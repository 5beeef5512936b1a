"""Conditional requests (RFC 9110, 13): 304 for what is known, 412 for what has changed, 428 on demand."""

import asyncio
import itertools
from pathlib import Path

import httpx
import pytest

from tests.support.service import client_of, make_service

ITEMS = "/api/v1/items"
UNKNOWN = f"{ITEMS}/00000000-0000-7000-8000-000000000000"
WRITERS = 50


@pytest.fixture
async def path(client: httpx.AsyncClient) -> str:
    """The path of an item in its third version."""
    path = str((await client.post(ITEMS, json={"name": "a"})).headers["location"])
    for name in "bc":
        await client.put(path, json={"name": name})
    return path


KNOWN = (
    '"3"',
    'W/"3"',
    '"1","3"',
    ' "1" ,\t"3" ',
    ',, "3",',
    '"a,b", "3"',
    "*",
    '"3", "é"',
    'W/"1", W/"3"',
)
UNKNOWN_TAGS = ('"2"', '"1", "2"', '"03"', '"33"', '"*"', '""')


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_known_version_is_not_sent_again(client: httpx.AsyncClient, path: str, method: str) -> None:
    """304 with the ETag and without a body, whether the tags are weak or strong."""
    for tags in KNOWN:
        headers = [(b"if-none-match", tags.encode("latin-1"))]
        response = await client.request(method, path, headers=headers)
        reported = (response.status_code, response.content, response.headers["etag"])
        assert (tags, 304, b"", '"3"') == (tags, *reported)
        assert {"content-type", "content-length"}.isdisjoint(response.headers)


async def test_an_unknown_version_is_sent(client: httpx.AsyncClient, path: str) -> None:
    """Any other tag means that the client does not have this version."""
    for tags in UNKNOWN_TAGS:
        response = await client.get(path, headers={"if-none-match": tags})
        assert (tags, 200, "c") == (tags, response.status_code, response.json()["name"])


async def test_a_field_in_several_lines_is_one_list(client: httpx.AsyncClient, path: str) -> None:
    """RFC 9110, 5.3: lines of the same name are joined."""
    lines = [("if-none-match", '"2"'), ("if-none-match", '"3"')]
    assert 304 == (await client.get(path, headers=lines)).status_code


@pytest.mark.parametrize(
    ("wanted", "known", "status"),
    [
        ('"3"', None, 200),
        ("*", None, 200),
        ('"2"', None, 412),
        ('W/"3"', None, 412),
        ('"2"', '"3"', 412),
        ('"3"', '"3"', 304),
        ('"3"', '"2"', 200),
    ],
)
async def test_if_match_comes_first_on_reads(
    client: httpx.AsyncClient, path: str, wanted: str, known: str | None, status: int
) -> None:
    """If-Match is compared strongly and decides before If-None-Match does (RFC 9110, 13.2.2)."""
    headers = {"if-match": wanted} | ({} if known is None else {"if-none-match": known})
    response = await client.get(path, headers=headers)
    assert status == response.status_code
    if status == 412:
        assert "PRECONDITION_FAILED" == response.json()["error"]


MALFORMED = ("3", '"3', '"3 "', '"3" "4"', '*, "3"', 'w/"3"', 'W/ "3"', '"3";q=1', "", ",", " , ")


@pytest.mark.parametrize("field", ["If-Match", "If-None-Match"])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_a_change_with_what_is_no_list_of_tags_is_refused(
    client: httpx.AsyncClient, path: str, method: str, field: str
) -> None:
    """400 that names the header and shows how a tag looks; nothing is changed."""
    for tags in MALFORMED:
        response = await change(client, method, path, {field: tags})
        message = f'{field}: Must be * or at most 256 entity tags such as "3", "4", quotes included'
        assert (tags, 400, message) == (tags, response.status_code, response.json()["message"])
    assert "c" == (await client.get(path)).json()["name"]


@pytest.mark.parametrize("field", ["If-Match", "If-None-Match"])
async def test_a_read_ignores_what_it_cannot_use(client: httpx.AsyncClient, path: str, field: str) -> None:
    """What is no list of tags, or one without end, says nothing of what the client knows: 200."""
    for tags in (*MALFORMED, "," * 16_000, '"1",' * 4_000):
        for where, key in ((path, "name"), (ITEMS, "items")):
            response = await client.get(where, headers=[(field.encode(), tags.encode("latin-1"))])
            assert (tags, 200) == (tags, response.status_code)
            assert key in response.json()


@pytest.mark.parametrize("tags", ['"3"', "*", '"2", "3"', 'W/"2", "3"', '"x","3",'])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_a_change_to_the_version_that_is_there_is_made(
    client: httpx.AsyncClient, path: str, method: str, tags: str
) -> None:
    """If-Match with the current tag among its own, or with `*`."""
    response = await change(client, method, path, {"if-match": tags})
    assert (200 if method == "PUT" else 204) == response.status_code
    if method == "PUT":
        assert '"4"' == response.headers["etag"]


OTHERS = ('"2"', '"4"', '"1", "2"', 'W/"3"', '"abc"', '"0"', '"-3"', '"03"', '"' + "9" * 40 + '"')


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_a_change_to_another_version_is_refused(
    client: httpx.AsyncClient, path: str, method: str
) -> None:
    """412 with the current ETag; weak tags never match a change (RFC 9110, 13.1.1)."""
    for tags in OTHERS:
        response = await change(client, method, path, {"if-match": tags})
        error = response.json()
        assert (tags, 412, "PRECONDITION_FAILED") == (tags, response.status_code, error["error"])
        assert {"etag": '"3"'} == error["details"]["context"]
    assert "c" == (await client.get(path)).json()["name"]


@pytest.mark.parametrize(
    ("tags", "made"), [("*", False), ('"3"', False), ('W/"3"', False), ('"2", "3"', False), ('"2"', True)]
)
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_a_change_may_exclude_versions(
    client: httpx.AsyncClient, path: str, method: str, tags: str, made: bool
) -> None:
    """If-None-Match on a change is 412 where one of its tags is current, weak or not."""
    response = await change(client, method, path, {"if-none-match": tags})
    assert made == response.is_success
    assert made or 412 == response.status_code


async def test_both_conditions_must_hold(client: httpx.AsyncClient, path: str) -> None:
    """A change with both is made where the one has the current tag and the other has not."""
    refused = await change(client, "PUT", path, {"if-match": '"3"', "if-none-match": '"3"'})
    made = await change(client, "PUT", path, {"if-match": '"3"', "if-none-match": '"4"'})
    assert (412, 200) == (refused.status_code, made.status_code)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "GET"])
async def test_what_is_not_there_is_not_found(client: httpx.AsyncClient, method: str) -> None:
    """Conditions are about what is there: without a record it is 404, never 412 (RFC 9110, 13.2.1)."""
    for field, tags in itertools.product(("if-match", "if-none-match"), ('"1"', '"1", "2"', "*")):
        if (method, field, tags) == ("PUT", "if-none-match", "*"):
            continue  # it creates the record
        for path in (UNKNOWN, f"{ITEMS}/x"):
            response = await change(client, method, path, {field: tags})
            assert (field, tags, path, 404) == (field, tags, path, response.status_code)


async def test_validation_comes_before_the_condition(client: httpx.AsyncClient, path: str) -> None:
    """A body that would never be taken is 422, whatever version it is for."""
    for tags in ('"1"', '"1", "2"'):
        response = await client.put(path, json={"name": ""}, headers={"if-match": tags})
        assert 422 == response.status_code


async def test_conditions_mean_nothing_to_a_create(client: httpx.AsyncClient) -> None:
    """There is no record yet that they could be about."""
    for headers in ({"if-match": '"1"'}, {"if-none-match": "*"}):
        assert 201 == (await client.post(ITEMS, json={"name": "a"}, headers=headers)).status_code


@pytest.mark.parametrize("tags", ['"3"', '"2", "3"'])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_exactly_one_of_many_wins(
    client: httpx.AsyncClient, path: str, method: str, tags: str
) -> None:
    """50 clients change the version they know: one change is made, 49 are refused."""
    responses = await asyncio.gather(
        *(change(client, method, path, {"if-match": tags}, f"{number}") for number in range(WRITERS))
    )
    made = [response for response in responses if response.is_success]
    assert 1 == len(made)
    refusals = {response.status_code for response in responses if response not in made}
    assert refusals <= ({412} if method == "PUT" else {404, 412})
    if method == "PUT":
        assert made[0].json() == (await client.get(path)).json()


@pytest.mark.parametrize("query", ["", "?limit=2", "?offset=1", "?cursor=", "?cursor=&limit=1"])
async def test_a_known_list_is_not_sent_again(client: httpx.AsyncClient, query: str) -> None:
    """A list has a weak ETag, 304 with it, and another one as soon as anything in it changes."""
    for name in "abc":
        await client.post(ITEMS, json={"name": name})
    first = await client.get(ITEMS + query)
    tag = first.headers["etag"]
    assert tag.startswith('W/"')
    for known in (tag, tag.removeprefix("W/"), f'"x", {tag}', "*"):
        for method in ("GET", "HEAD"):
            response = await client.request(method, ITEMS + query, headers={"if-none-match": known})
            assert (304, b"", tag) == (response.status_code, response.content, response.headers["etag"])
    items = (await client.get(ITEMS + query)).json()["items"]
    await client.put(f"{ITEMS}/{items[0]['id']}", json={})
    changed = await client.get(ITEMS + query, headers={"if-none-match": tag})
    assert (200, True) == (changed.status_code, changed.headers["etag"] != tag)


async def test_a_list_never_matches_strongly(client: httpx.AsyncClient) -> None:
    """Its tag is weak: If-Match with it fails, as RFC 9110 has it; with `*` it holds."""
    tag = (await client.get(ITEMS)).headers["etag"]
    for wanted, status in ((tag, 412), (tag.removeprefix("W/"), 412), ("*", 200)):
        assert status == (await client.get(ITEMS, headers={"if-match": wanted})).status_code


async def test_the_total_is_part_of_what_a_list_says(client: httpx.AsyncClient) -> None:
    """A record beyond the slice changes its tag, for the slice has the total."""
    for name in "ab":
        await client.post(ITEMS, json={"name": name})
    tag = (await client.get(f"{ITEMS}?limit=1")).headers["etag"]
    await client.post(ITEMS, json={"name": "c"})
    assert 200 == (await client.get(f"{ITEMS}?limit=1", headers={"if-none-match": tag})).status_code


async def test_a_change_can_be_required_to_name_its_version(
    store_variables: dict[str, str], tmp_path: Path
) -> None:
    """With REQUIRE_IF_MATCH an update or delete without If-Match is 428; a create needs none."""
    service = make_service(tmp_path, REQUIRE_IF_MATCH="true", **store_variables)
    async with client_of(service) as client:
        path = (await client.post(ITEMS, json={"name": "a"})).headers["location"]
        for method in ("PUT", "DELETE"):
            for headers in ({}, {"if-none-match": '"7"'}):
                response = await change(client, method, path, headers)
                assert (428, "PRECONDITION_REQUIRED") == (response.status_code, response.json()["error"])
                assert "If-Match is required: send the record's ETag" == response.json()["message"]
        assert 200 == (await change(client, "PUT", path, {"if-match": '"1"'})).status_code
        assert 200 == (await change(client, "PUT", path, {"if-match": "*"})).status_code
        assert 204 == (await change(client, "DELETE", path, {"if-match": '"3"'})).status_code


async def change(
    client: httpx.AsyncClient, method: str, path: str, headers: dict[str, str], name: str = "z"
) -> httpx.Response:
    """The answer to a request on the record; an update gives it `name`."""
    if method == "PUT":
        return await client.put(path, json={"name": name}, headers=headers)
    return await client.request(method, path, headers=headers)
