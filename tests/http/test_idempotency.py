"""Idempotency keys over HTTP: a request sent again gets the first answer and changes nothing more."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from estuary.http.messages import Request
from tests.support.resources import vessel_body
from tests.support.service import ITEMS as ITEMS_REFERENCE
from tests.support.service import client_of, make_service

ITEMS = "/api/v1/items"
VESSELS = "/api/v1/vessels"
RESOURCES = (ITEMS_REFERENCE, "tests.support.resources:VESSELS")
KEY = {"idempotency-key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"'}


def by_header(request: Request) -> None:
    """The subject is whom the request says it is from."""
    request.subject = request.headers.get("x-subject")


@pytest.fixture
async def client(store_variables: dict[str, str], tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service of two resources that believes who says who it is."""
    service = make_service(tmp_path, RESOURCES=",".join(RESOURCES), **store_variables)
    async with client_of(service, resources=RESOURCES, identify=by_header) as client:
        yield client


def answer(response: httpx.Response) -> tuple[object, ...]:
    """What a repeated request must have in common with the first."""
    reported = ("etag", "location", "content-type")
    return (response.status_code, response.content, *(response.headers.get(name) for name in reported))


def is_replayed(response: httpx.Response) -> bool:
    """Whether the answer says that it was given before."""
    return "true" in response.headers.get_list("idempotency-replayed")


async def total(client: httpx.AsyncClient, path: str = ITEMS) -> int:
    """How many records there are."""
    number: int = (await client.get(path)).json()["total"]
    return number


async def created(client: httpx.AsyncClient, name: str = "a") -> str:
    """The path of a new item."""
    return str((await client.post(ITEMS, json={"name": name})).headers["location"])


async def test_a_repeated_create_answers_as_the_first(client: httpx.AsyncClient) -> None:
    """Status, body, ETag and Location are those of the first answer; one item is there, and counted."""
    first = await client.post(ITEMS, json={"name": "boat"}, headers=KEY)
    again = await client.post(ITEMS, json={"name": "boat"}, headers=KEY)
    assert (201, False, True) == (first.status_code, is_replayed(first), is_replayed(again))
    assert answer(first) == answer(again)
    assert 1 == await total(client)
    assert 1 == sum(
        float(line.split()[-1])
        for line in (await client.get("/metrics")).text.splitlines()
        if line.startswith("items_created_total")
    )


async def test_a_repeated_update_is_not_made_again(client: httpx.AsyncClient) -> None:
    """After another client's update the first one's answer comes again, and the other's update stays."""
    path = await created(client)
    first = await client.put(path, json={"name": "first"}, headers=KEY)
    await client.put(path, json={"name": "second"})
    again = await client.put(path, json={"name": "first"}, headers=KEY)
    assert answer(first) == answer(again)
    assert ('"2"', True) == (again.headers["etag"], is_replayed(again))
    now = await client.get(path)
    assert ("second", '"3"') == (now.json()["name"], now.headers["etag"])


async def test_a_repeated_delete_is_answered_as_done(client: httpx.AsyncClient) -> None:
    """204 again although there is nothing left; without the key it is 404."""
    path = await created(client)
    first, again = [await client.delete(path, headers=KEY) for _ in range(2)]
    assert (204, 204, b"") == (first.status_code, again.status_code, again.content)
    assert (False, True) == (is_replayed(first), is_replayed(again))
    assert 404 == (await client.delete(path)).status_code


async def test_a_create_is_replayed_after_its_item_is_gone(client: httpx.AsyncClient) -> None:
    """The answer is what was written then, whatever became of it."""
    first = await client.post(ITEMS, json={"name": "boat"}, headers=KEY)
    await client.delete(first.headers["location"])
    assert answer(first) == answer(await client.post(ITEMS, json={"name": "boat"}, headers=KEY))
    assert 0 == await total(client)


async def test_every_kind_of_field_is_replayed_as_it_was(client: httpx.AsyncClient) -> None:
    """A record with a field of each kind comes back byte for byte."""
    body = vessel_body(tags=["a", "é"], notes=[], rating=3, keel_number=2**53 - 1, cargo_value=1e-300)
    first = await client.post(VESSELS, json=body, headers=KEY)
    assert 201 == first.status_code
    assert answer(first) == answer(await client.post(VESSELS, json=body, headers=KEY))


async def test_a_key_is_for_one_request(client: httpx.AsyncClient) -> None:
    """Another body, path or method with the same key is 422, says which header, and changes nothing."""
    path, other = await created(client, "a"), await created(client, "b")
    await client.put(path, json={"name": "c"}, headers=KEY)
    for response in (
        await client.put(path, json={"name": "d"}, headers=KEY),
        await client.put(other, json={"name": "c"}, headers=KEY),
        await client.delete(path, headers=KEY),
        await client.post(ITEMS, json={"name": "c"}, headers=KEY),
    ):
        error = response.json()
        assert (422, "VALIDATION_ERROR") == (response.status_code, error["error"])
        assert "Idempotency-Key was used for another request" == error["message"]
        assert [("Idempotency-Key", "reused")] == [
            (each["field"], each["code"]) for each in error["details"]["validation_errors"]
        ]
    items = (await client.get(ITEMS)).json()["items"]
    assert ["c", "b"] == [item["name"] for item in items]


async def test_a_failed_write_keeps_no_key(client: httpx.AsyncClient) -> None:
    """What was refused may be mended and sent with the same key."""
    path = await created(client)
    missing = f"{ITEMS}/00000000-0000-7000-8000-000000000000"
    stale = {**KEY, "if-match": '"7"'}
    assert 422 == (await client.post(ITEMS, json={"name": ""}, headers=KEY)).status_code
    assert 400 == (await client.post(ITEMS, content=b"{", headers=KEY)).status_code
    assert 404 == (await client.put(missing, json={"name": "x"}, headers=KEY)).status_code
    assert 412 == (await client.put(path, json={"name": "x"}, headers=stale)).status_code
    response = await client.post(ITEMS, json={"name": "x"}, headers=KEY)
    assert (201, False) == (response.status_code, is_replayed(response))


async def test_many_at_once_have_one_effect(client: httpx.AsyncClient) -> None:
    """Of 20 requests with one key, sent together, one item comes; the rest get its answer or 409."""
    responses = await asyncio.gather(
        *(client.post(ITEMS, json={"name": "boat"}, headers=KEY) for _ in range(20))
    )
    assert 1 == await total(client)
    done = [response for response in responses if response.status_code == 201]
    refused = [response for response in responses if response.status_code == 409]
    assert (20, 1) == (len(done) + len(refused), len({response.content for response in done}))
    assert 1 == sum(not is_replayed(response) for response in done)
    for response in refused:
        assert ("CONFLICT", "1") == (response.json()["error"], response.headers["retry-after"])


async def test_quotes_are_not_part_of_the_key(client: httpx.AsyncClient) -> None:
    """The draft has a string in quotes, most clients send it bare: both mean the same key."""
    first = await client.post(ITEMS, json={"name": "a"}, headers={"idempotency-key": r'"a \"b\" \\"'})
    again = await client.post(ITEMS, json={"name": "a"}, headers={"idempotency-key": r' "a \"b\" \\" '})
    assert (False, True) == (is_replayed(first), is_replayed(again))
    first = await client.post(ITEMS, json={"name": "a"}, headers={"idempotency-key": '"a b"'})
    again = await client.post(ITEMS, json={"name": "a"}, headers={"idempotency-key": "a b"})
    assert (False, True) == (is_replayed(first), is_replayed(again))


ACCEPTED = ("x", "y" * 255, '"' + "x" * 255 + '"', '"' + r"\"" * 255 + '"', "!#~\\,;=", '"k";a=1')
REFUSED = (
    "",
    " ",
    '""',
    "x" * 256,
    '"' + "x" * 256 + '"',
    'x"',
    "é",
    "a\tb",
)
NO_STRINGS = ('"x', '"a" "b"', '"a";b=', r'"\a"', '"a\tb"')


async def test_keys_up_to_255_characters_are_taken(client: httpx.AsyncClient) -> None:
    """As many characters as the key itself has, quotes and escapes aside; any printable one."""
    for key in ACCEPTED:
        headers = {"idempotency-key": key}
        first, again = [await client.post(ITEMS, json={"name": "a"}, headers=headers) for _ in range(2)]
        assert (key, 201, True) == (key, first.status_code, is_replayed(again))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_other_keys_are_refused(client: httpx.AsyncClient, method: str) -> None:
    """400 that names the header, before anything is read or written."""
    item = await created(client)
    path = ITEMS if method == "POST" else item
    length = "Must be 1 to 255 printable ASCII characters"
    form = 'Must be one string in quotes, such as "8e03978e", or a key without them'
    for key, reported in [*((each, length) for each in REFUSED), *((each, form) for each in NO_STRINGS)]:
        message = f"Idempotency-Key: {reported}"
        headers = [(b"idempotency-key", key.encode("latin-1"))]
        response = await client.request(method, path, headers=headers, json={"name": "b"})
        assert (key, 400, message) == (key, response.status_code, response.json()["message"])
    assert ("a", 1) == ((await client.get(item)).json()["name"], await total(client))


async def test_two_keys_are_refused(client: httpx.AsyncClient) -> None:
    """There is no telling which is meant."""
    headers = [("idempotency-key", "a"), ("idempotency-key", "a")]
    response = await client.post(ITEMS, json={"name": "b"}, headers=headers)
    assert (400, "Idempotency-Key: Must be given once") == (
        response.status_code,
        response.json()["message"],
    )


async def test_reads_take_no_notice_of_a_key(client: httpx.AsyncClient) -> None:
    """A read may be sent again anyway: the header means nothing there."""
    path = await created(client)
    for headers in (KEY, {"idempotency-key": '"'}):
        assert 200 == (await client.get(path, headers=headers)).status_code
        assert 200 == (await client.get(ITEMS, headers=headers)).status_code


async def test_keys_are_a_subjects_own(client: httpx.AsyncClient) -> None:
    """Two subjects who chose the same key do not notice, nor does one without a name."""
    for subject in ({"x-subject": "her"}, {"x-subject": "him"}, {}):
        for replayed in (False, True):
            response = await client.post(ITEMS, json={"name": "a"}, headers={**KEY, **subject})
            assert (201, replayed) == (response.status_code, is_replayed(response))
    assert 3 == await total(client)


async def test_keys_are_a_resources_own(client: httpx.AsyncClient) -> None:
    """The same key may be used once for each resource."""
    assert 201 == (await client.post(ITEMS, json={"name": "a"}, headers=KEY)).status_code
    response = await client.post(VESSELS, json=vessel_body(), headers=KEY)
    assert (201, False) == (response.status_code, is_replayed(response))


@pytest.mark.parametrize("tags", ['"1"', '"1", "7"', "*"])
async def test_a_repeated_conditional_update_is_replayed(client: httpx.AsyncClient, tags: str) -> None:
    """The version it expected is gone by its own doing: that is no conflict."""
    path = await created(client)
    headers = {**KEY, "if-match": tags}
    first, again = [await client.put(path, json={"name": "b"}, headers=headers) for _ in range(2)]
    assert (200, True) == (first.status_code, is_replayed(again))
    assert answer(first) == answer(again)


@pytest.mark.parametrize("tags", ['"1"', '"1", "7"', "*"])
async def test_a_repeated_conditional_delete_is_replayed(client: httpx.AsyncClient, tags: str) -> None:
    """The record it was about is gone by its own doing: that is no conflict."""
    path = await created(client)
    headers = {**KEY, "if-match": tags}
    first, again = [await client.delete(path, headers=headers) for _ in range(2)]
    assert (204, 204, True) == (first.status_code, again.status_code, is_replayed(again))


async def test_a_repeated_update_on_an_unwanted_version_is_replayed(client: httpx.AsyncClient) -> None:
    """The version it made itself is the one that it did not want to find."""
    path = await created(client)
    headers = {**KEY, "if-none-match": '"2"'}
    first, again = [await client.put(path, json={"name": "b"}, headers=headers) for _ in range(2)]
    assert (200, True) == (first.status_code, is_replayed(again))
