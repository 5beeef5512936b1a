"""Ownership over HTTP: to everyone else an owner's records are not there, by whatever way they ask."""

import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from estuary.http.messages import Request
from tests.support.service import client_of, make_service

ITEMS = "/api/v1/items"
HER, HIM = {"x-owner": "her"}, {"x-owner": "him"}


def by_header(request: Request) -> None:
    """Whose the request is, it says itself, and who makes it."""
    request.owner = request.headers.get("x-owner")
    request.subject = request.headers.get("x-subject") or request.owner


@pytest.fixture
async def client(store_variables: dict[str, str], tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service that believes who says who it is."""
    async with client_of(make_service(tmp_path, **store_variables), identify=by_header) as client:
        yield client


async def create(client: httpx.AsyncClient, owner: dict[str, str], name: str) -> str:
    """The path of a new item of the owner's."""
    response = await client.post(ITEMS, json={"name": name}, headers=owner)
    assert 201 == response.status_code
    return str(response.headers["location"])


async def names(client: httpx.AsyncClient, owner: dict[str, str], query: str = "") -> list[str]:
    """The names in a list as the owner sees it."""
    return [item["name"] for item in (await client.get(ITEMS + query, headers=owner)).json()["items"]]


CONDITIONS: tuple[dict[str, str], ...] = (
    {},
    {"if-match": '"1"'},
    {"if-match": '"9"'},
    {"if-match": '"1", "2"'},
    {"if-match": "*"},
    {"if-none-match": '"1"'},
    {"if-none-match": "*"},
    {"idempotency-key": "k"},
    {"idempotency-key": "k", "if-match": '"1"'},
)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
async def test_anothers_record_is_not_found(client: httpx.AsyncClient, method: str) -> None:
    """The very answer that an id which never was gets, whatever the request demands; nothing is changed."""
    hers = await create(client, HER, "hers")
    for condition in CONDITIONS:
        if (method, condition) == ("PUT", {"if-none-match": "*"}):
            continue  # that the id is taken is told
        await compare_with_nothing(client, method, hers, condition)
    kept = await client.get(hers, headers=HER)
    assert ("hers", '"1"') == (kept.json()["name"], kept.headers["etag"])


async def compare_with_nothing(
    client: httpx.AsyncClient, method: str, hers: str, condition: dict[str, str]
) -> None:
    """He must be answered about her record as about none."""
    missing = f"{ITEMS}/00000000-0000-7000-8000-000000000000"
    body = {"json": {"name": "taken"}} if method in ("PUT", "PATCH") else {}
    answers = [
        await client.request(method, path, headers={**HIM, **condition}, **body)  # type: ignore[arg-type]  # json alone
        for path in (hers, missing)
    ]
    assert [404, 404] == [response.status_code for response in answers]
    assert answers[0].headers.keys() == answers[1].headers.keys()
    if method != "HEAD":
        assert {"error", "message", "timestamp", "request_id"} == answers[0].json().keys()


async def test_lists_and_totals_are_the_owners(client: httpx.AsyncClient) -> None:
    """By offset and by cursor each sees its own records, in order, and their number; no page is short."""
    for number in range(5):
        await create(client, HER, f"her {number}")
        await create(client, HIM, f"him {number}")
    for owner, who in ((HER, "her"), (HIM, "him")):
        mine = [f"{who} {number}" for number in range(5)]
        assert mine[1:3] == await names(client, owner, "?offset=1&limit=2")
        assert 5 == (await client.get(f"{ITEMS}?limit=1", headers=owner)).json()["total"]
        assert mine == await walk(client, owner)
    assert ([], 0) == (
        await names(client, {"x-owner": "stranger"}),
        (await client.get(ITEMS, headers={"x-owner": "stranger"})).json()["total"],
    )
    assert 10 == (await client.get(ITEMS)).json()["total"]


async def walk(client: httpx.AsyncClient, owner: dict[str, str]) -> list[str]:
    """Every name that the owner's pages of two hold."""
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await client.get(f"{ITEMS}?limit=2&cursor={cursor}", headers=owner)).json()
        assert 2 == len(page["items"]) or page["next_cursor"] is None
        seen += [item["name"] for item in page["items"]]
        cursor = page["next_cursor"]
    return seen


async def test_a_cursor_grants_nothing(client: httpx.AsyncClient) -> None:
    """One that another was given leads to one's own records behind that place, and to no other's."""
    for number in range(4):
        await create(client, HER, f"her {number}")
        await create(client, HIM, f"him {number}")
    cursor = (await client.get(f"{ITEMS}?cursor=&limit=2", headers=HER)).json()["next_cursor"]
    assert ["her 2", "her 3"] == await names(client, HER, f"?cursor={cursor}")
    assert ["him 1", "him 2", "him 3"] == await names(client, HIM, f"?cursor={cursor}")


@pytest.mark.parametrize("query", ["", "?cursor="])
async def test_a_lists_tag_tells_nothing_of_others(client: httpx.AsyncClient, query: str) -> None:
    """Others' writes leave it as it is, and an empty list has the same tag for everybody."""

    async def tag(owner: dict[str, str]) -> str:
        return str((await client.get(ITEMS + query, headers=owner)).headers["etag"])

    empty = await tag(HIM)
    path = await create(client, HER, "hers")
    assert empty == await tag(HIM) != await tag(HER)
    await create(client, HIM, "his")
    before = await tag(HIM)
    await client.put(path, json={"name": "changed"}, headers=HER)
    await client.delete(path, headers=HER)
    assert before == await tag(HIM)


async def test_the_same_key_is_two_keys(client: httpx.AsyncClient) -> None:
    """Each owner's create is made, and each is replayed its own."""
    answers = {
        (who, turn): await client.post(
            ITEMS, json={"name": "a"}, headers={"x-owner": who, "idempotency-key": "k"}
        )
        for who, turn in itertools.product(("her", "him"), range(2))
    }
    ids = {place: response.json()["id"] for place, response in answers.items()}
    assert ids["her", 0] == ids["her", 1] != ids["him", 0] == ids["him", 1]
    assert "true" == answers["him", 1].headers["idempotency-replayed"]
    assert ["a"] == await names(client, HER)


@pytest.mark.parametrize("owners", [("a", "b"), ("a", None), (None, "a")])
async def test_a_subjects_key_is_another_for_each_owner(
    client: httpx.AsyncClient, owners: tuple[str | None, str | None]
) -> None:
    """Who acts for several, or as an administrator for everybody, has each create made, and replayed."""
    key = {"idempotency-key": "k", "x-subject": "s"}
    as_owners = [key if owner is None else {**key, "x-owner": owner} for owner in owners]
    for turn in ("false", "true"):
        answers = [await client.post(ITEMS, json={"name": "x"}, headers=who) for who in as_owners]
        assert [201, 201] == [answer.status_code for answer in answers]
        assert [turn, turn] == [answer.headers.get("idempotency-replayed", "false") for answer in answers]
        assert 2 == len({answer.json()["id"] for answer in answers})
    assert 2 == (await client.get(ITEMS)).json()["total"]


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_a_change_for_one_owner_is_not_replayed_to_another(
    client: httpx.AsyncClient, method: str
) -> None:
    """The same subject, key and request: what was changed for her is not there for him."""
    path = await create(client, HER, "hers")
    body = {"json": {"name": "changed"}} if method == "PUT" else {}
    key = {"idempotency-key": "k", "x-subject": "s"}
    answers = [
        await client.request(method, path, headers={**who, **key}, **body)  # type: ignore[arg-type]  # json alone
        for who in (HER, HIM, HER)
    ]
    done = 200 if method == "PUT" else 204
    assert [done, 404, done] == [answer.status_code for answer in answers]
    assert "true" == answers[2].headers["idempotency-replayed"]


async def test_ones_own_records_can_be_changed(client: httpx.AsyncClient) -> None:
    """Reads, updates and deletes of the owner's work as they do for everybody without ownership."""
    path = await create(client, HER, "a")
    changed = await client.put(path, json={"name": "b"}, headers={**HER, "if-match": '"1"'})
    assert (200, "b") == (changed.status_code, (await client.get(path, headers=HER)).json()["name"])
    assert 204 == (await client.delete(path, headers=HER)).status_code
    assert 404 == (await client.get(path, headers=HER)).status_code


async def test_without_an_owner_everything_is_seen(client: httpx.AsyncClient) -> None:
    """Where ownership is off all records can be read and changed, whatever their owner."""
    path = await create(client, HER, "hers")
    assert "hers" == (await client.get(path)).json()["name"]
    assert 200 == (await client.put(path, json={"name": "b"})).status_code
    assert "b" == (await client.get(path, headers=HER)).json()["name"]
