"""Conflicts over unique values, and records named by one, over HTTP on every store."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from estuary.core.access.rights import Grant
from estuary.http.messages import Request
from tests.support.members import MEMBERS_REFERENCE
from tests.support.service import client_of, make_service

MEMBERS = "/api/v1/members"
BY_EMAIL = f"{MEMBERS}/by/email"
BY_NUMBER = f"{MEMBERS}/by/number"
ADA = "ada@example.org"
HER, HIM = {"x-owner": "her"}, {"x-owner": "him"}


ADMINISTRATORS = Grant()
"""What those may do who see all owners' records, and may name an owner."""


def by_header(request: Request) -> None:
    """Whose the request is, it says itself."""
    request.owner = request.headers.get("x-owner")
    if request.headers.get("x-administrator") is not None:
        request.grant = ADMINISTRATORS


@pytest.fixture
async def client(store_variables: dict[str, str], tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service of members, which believes who says who it is."""
    service = make_service(tmp_path, RESOURCES=MEMBERS_REFERENCE, **store_variables)
    async with client_of(service, identify=by_header, resources=(MEMBERS_REFERENCE,)) as client:
        yield client


async def create(client: httpx.AsyncClient, headers: dict[str, str] | None = None, **body: Any) -> Any:
    """A new member, as the answer has it."""
    created = await client.post(MEMBERS, json={"email": ADA, **body}, headers=headers)
    assert (201, "") == (created.status_code, created.headers.get("retry-after", ""))
    return created.json()


def violations(response: httpx.Response) -> list[tuple[str, str, str]]:
    """What an answer says of fields."""
    body = response.json()["details"]["validation_errors"]
    return [(each["field"], each["message"], each["code"]) for each in body]


async def test_a_conflict_is_409_and_names_fields_alone(client: httpx.AsyncClient) -> None:
    """Neither the other record nor its value is disclosed, and nothing invites a retry."""
    mine = await create(client, team="red", shirt=1)
    other = await client.post(MEMBERS, json={"email": "ADA@example.org"})
    assert (409, "CONFLICT") == (other.status_code, other.json()["error"])
    assert [("email", "Email is taken", "unique")] == violations(other)
    assert "retry-after" not in other.headers
    assert not {mine["id"], ADA} & set(other.text.split('"'))
    several = await client.post(MEMBERS, json={"email": "b", "team": "red", "shirt": 1})
    message = "Team and shirt are taken"
    assert [("team", message, "unique"), ("shirt", message, "unique")] == violations(several)
    second = await create(client, email="b")
    for method in ("PUT", "PATCH"):
        taken = await client.request(method, f"{MEMBERS}/{second['id']}", json={"email": ADA})
        tried = await client.request(
            method, f"{MEMBERS}/{second['id']}?validate_only=true", json={"email": ADA}
        )
        assert [409, 409] == [taken.status_code, tried.status_code]
    assert second == (await client.get(f"{MEMBERS}/{second['id']}")).json()
    assert 409 == (await client.post(f"{MEMBERS}?validate_only=true", json={"email": ADA})).status_code


async def test_of_many_creates_one_takes_the_value(client: httpx.AsyncClient) -> None:
    """64 at once: one 201, 63 times 409."""
    answers = await asyncio.gather(*(client.post(MEMBERS, json={"email": ADA}) for _ in range(64)))
    assert {201: 1, 409: 63} == Counter(answer.status_code for answer in answers)


async def test_a_record_is_read_by_its_value(client: httpx.AsyncClient) -> None:
    """As by its id: entity tags, fields, HEAD; what no record has, or can have, is not found."""
    record = await create(client, number=7)
    for path in (f"{BY_EMAIL}/Ada@EXAMPLE.org", f"{BY_EMAIL}/ada%40example.org", f"{BY_NUMBER}/7"):
        found = await client.get(path)
        assert (200, record, '"1"') == (found.status_code, found.json(), found.headers["etag"])
        assert 304 == (await client.get(path, headers={"if-none-match": '"1"'})).status_code
        assert (200, b"") == ((await client.head(path)).status_code, (await client.head(path)).content)
        part = (await client.get(f"{path}?fields=number")).json()
        assert {"id": record["id"], "number": 7} == part
    missing = [f"{BY_EMAIL}/b", f"{BY_NUMBER}/8", f"{BY_NUMBER}/seven", f"{BY_NUMBER}/99999999999999999999"]
    for path in (*missing, f"{BY_EMAIL}/a%00", f"{BY_EMAIL}/", f"{MEMBERS}/by/team/red", f"{MEMBERS}/by"):
        for method in ("GET", "DELETE"):
            assert 404 == (await client.request(method, path)).status_code
    options = await client.options(f"{BY_EMAIL}/x")
    assert "GET, HEAD, PUT, PATCH, DELETE, OPTIONS" == options.headers["allow"]
    unknown = await client.get(f"{BY_EMAIL}/{ADA}?feilds=id")
    assert (400, True) == (unknown.status_code, "fields" in unknown.json()["message"])


@pytest.mark.parametrize(
    ("segment", "value"),
    [
        ("a%2Fb", "a/b"),
        ("a%252Fb", "a%2Fb"),
        ("%25", "%"),
        ("a%20b", "a b"),
        ("%C3%A9", "é"),
        ("a+b", "a+b"),
    ],
)
async def test_a_value_is_one_segment(client: httpx.AsyncClient, segment: str, value: str) -> None:
    """Percent-decoded once, slashes too."""
    created = await client.put(f"{BY_EMAIL}/{segment}", json={})
    assert (201, value) == (created.status_code, created.json()["email"])
    assert created.json() == (await client.get(f"{BY_EMAIL}/{segment}")).json()


async def test_put_creates_or_changes(client: httpx.AsyncClient) -> None:
    """It is read as a create; where it changes a record, what is absent stays."""
    created = await client.put(f"{BY_EMAIL}/{ADA}", json={"number": 7, "note": "x"})
    assert (201, '"1"', ADA) == (
        created.status_code,
        created.headers["etag"],
        created.json()["email"],
    )
    assert f"{MEMBERS}/{created.json()['id']}" == created.headers["location"]
    changed = await client.put(f"{BY_EMAIL}/{ADA}", json={"email": "ADA@example.org", "team": "red"})
    assert (200, '"2"', "ADA@example.org", 7, "x", "red") == (
        changed.status_code,
        changed.headers["etag"],
        *(changed.json()[name] for name in ("email", "number", "note", "team")),
    )
    differs = await client.put(f"{BY_EMAIL}/{ADA}", json={"email": "b"})
    assert [("email", "Email must be the one in the path", "path")] == violations(differs)
    assert 422 == (await client.put(f"{BY_EMAIL}/{'x' * 101}", json={})).status_code
    assert 422 == (await client.put(f"{BY_NUMBER}/seven", json={"email": "c"})).status_code
    assert 400 == (await client.put(f"{BY_NUMBER}/8", json={})).status_code
    taken = await client.put(f"{BY_NUMBER}/8", json={"email": ADA})
    assert (409, [("email", "Email is taken", "unique")]) == (taken.status_code, violations(taken))


async def test_preconditions_of_put(client: httpx.AsyncClient) -> None:
    """A tag demands a record, and `If-None-Match: *` that there is none."""
    path = f"{BY_EMAIL}/{ADA}"
    for tag in ('"1"', "*"):
        assert 412 == (await client.put(path, json={}, headers={"if-match": tag})).status_code
    absent = {"if-none-match": "*"}
    assert [201, 412] == [(await client.put(path, json={}, headers=absent)).status_code for _ in range(2)]
    assert 412 == (await client.put(path, json={}, headers={"if-match": '"2"'})).status_code
    assert 200 == (await client.put(path, json={}, headers={"if-match": "*"})).status_code
    assert 412 == (await client.patch(path, json={}, headers={"if-match": '"1"'})).status_code
    assert 412 == (await client.delete(path, headers={"if-none-match": '"2"'})).status_code
    assert 204 == (await client.delete(path, headers={"if-match": '"2", "3"'})).status_code
    assert 404 == (await client.delete(path)).status_code


async def test_patch_by_value(client: httpx.AsyncClient) -> None:
    """As by id, and the value itself may change."""
    await create(client, number=7)
    patched = await client.patch(f"{BY_NUMBER}/7", json={"number": 8, "team": "red"})
    assert (200, 8, "red") == (patched.status_code, patched.json()["number"], patched.json()["team"])
    assert [404, 200] == [(await client.get(f"{BY_NUMBER}/{number}")).status_code for number in (7, 8)]
    assert '"2"' == (await client.patch(f"{BY_NUMBER}/8", json={"team": "red"})).headers["etag"]
    assert 404 == (await client.patch(f"{BY_NUMBER}/9", json={"team": "red"})).status_code
    assert 422 == (await client.patch(f"{BY_NUMBER}/9", json={"email": None})).status_code


async def test_patch_by_value_of_a_part_of_a_field(client: httpx.AsyncClient) -> None:
    """It is merged into what the record that is found has there."""
    await create(client, number=7, kit={"size": "M", "colour": "red"})
    patched = await client.patch(f"{BY_NUMBER}/7", json={"kit": {"size": "L"}})
    assert (200, {"size": "L", "colour": "red"}) == (patched.status_code, patched.json().get("kit"))
    assert 404 == (await client.patch(f"{BY_NUMBER}/9", json={"kit": {"size": "L"}})).status_code


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_a_key_makes_a_write_by_value_once(client: httpx.AsyncClient, method: str) -> None:
    """Also where the value is gone, or another record's, when it is sent again."""
    if method != "PUT":
        await create(client, number=7)
    asked: dict[str, Any] = {"headers": {"idempotency-key": "k"}}
    if method != "DELETE":
        asked["json"] = {"email": ADA, "number": 7} if method == "PUT" else {"number": 9}
    first = await client.request(method, f"{BY_NUMBER}/7", **asked)
    assert first.status_code in (200, 201, 204)
    again = await client.request(method, f"{BY_NUMBER}/7", **asked)
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert "true" == again.headers["idempotency-replayed"]
    if method == "DELETE":
        await create(client, number=7)
        await client.delete(f"{BY_NUMBER}/7", headers=asked["headers"])
        assert 200 == (await client.get(f"{BY_NUMBER}/7")).status_code


async def test_owners(client: httpx.AsyncClient) -> None:
    """To each only their own is there; who sees all names whose is meant where several have the value."""
    hers, his = [await create(client, owner, number=7) for owner in (HER, HIM)]
    assert [hers, his] == [(await client.get(f"{BY_NUMBER}/7", headers=who)).json() for who in (HER, HIM)]
    for method in ("GET", "PATCH", "DELETE"):
        body: dict[str, Any] | None = {} if method == "PATCH" else None
        several = await client.request(method, f"{BY_NUMBER}/7", json=body)
        assert (409, False) == (several.status_code, "retry-after" in several.headers)
    admin = {"x-administrator": "true"}
    assert his == (await client.get(f"{BY_NUMBER}/7?owner=him", headers=admin)).json()
    assert 404 == (await client.get(f"{BY_NUMBER}/7?owner=it", headers=admin)).status_code
    for named in ("him&owner=her", "", "%00", "a%0Ab", "a" * 256):
        refused = await client.get(f"{BY_NUMBER}/7?owner={named}", headers=admin)
        assert 400 == refused.status_code, named
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        body = {"email": "x"} if method in ("PUT", "PATCH") else None
        nobodys = await client.request(method, f"{BY_NUMBER}/7?owner=him", json=body)
        assert 400 == nobodys.status_code, method
    assert 400 == (await client.get(f"{BY_NUMBER}/7?owner=him", headers=HER)).status_code
    assert 204 == (await client.delete(f"{BY_NUMBER}/7?owner=him", headers=admin)).status_code
    assert [200, 404] == [
        (await client.get(f"{BY_NUMBER}/7", headers=who)).status_code for who in (HER, HIM)
    ]
    await create(client, HER, email="b", badge="x")
    theirs = await client.put(f"{MEMBERS}/by/badge/x", json={"email": "c"}, headers=HIM)
    assert (409, [("badge", "Badge is taken", "unique")]) == (theirs.status_code, violations(theirs))
    assert 404 == (await client.delete(f"{MEMBERS}/by/badge/x", headers=HIM)).status_code


@pytest.mark.parametrize("segment", ["%ff", "a%2", "a%zz", "%EF%BF%BD", "victim%E9"])
async def test_a_value_that_cannot_be_read_names_nothing(client: httpx.AsyncClient, segment: str) -> None:
    """Another one would be meant: it is refused, alone and in a batch, and nothing is written."""
    await create(client, email="victim\ufffd")
    for method in ("GET", "PUT", "DELETE"):
        body: dict[str, Any] | None = {} if method == "PUT" else None
        refused = await client.request(method, f"{MEMBERS}/by/email/{segment}", json=body)
        assert 400 == refused.status_code, method
    operation = {"method": "DELETE", "path": f"{MEMBERS}/by/email/{segment}"}
    batch = await client.post("/api/v1/batch", json={"operations": [operation]})
    assert 400 == batch.status_code
    assert 1 == (await client.get(MEMBERS)).json()["total"]


async def test_upserts_at_once(client: httpx.AsyncClient) -> None:
    """One of them creates, the others change what it made, and none is lost."""
    answers = await asyncio.gather(
        *(client.put(f"{BY_EMAIL}/{ADA}", json={"note": str(n)}) for n in range(3))
    )
    assert {201: 1, 200: 2} == Counter(answer.status_code for answer in answers)
    assert '"3"' == (await client.get(f"{BY_EMAIL}/{ADA}")).headers["etag"]


async def test_queries_for_a_unique_value_need_no_other_index(
    store_variables: dict[str, str], tmp_path: Path
) -> None:
    """Whatever else they ask for; where several owners have the value, one of them must be meant."""
    service = make_service(
        tmp_path, RESOURCES=MEMBERS_REFERENCE, QUERY_REQUIRE_INDEX="true", **store_variables
    )
    async with client_of(service, identify=by_header, resources=(MEMBERS_REFERENCE,)) as client:
        hers = await create(client, HER, number=7, team="red", shirt=1)
        await create(client, HER, email="b", number=8, team="red")
        for query, found in {
            "number=7": [hers],
            "number=7&sort=-team&note.contains=x": [],
            "team=red&shirt=1&email.contains=ada&count=exact": [hers],
            "email=ada@example.org&cursor=": [hers],
            "email=ADA@example.org": [],
            "number=9": [],
            "number=7&offset=1": [],
        }.items():
            answer = await client.get(f"{MEMBERS}?{query}", headers=HER)
            assert (query, 200, found) == (query, answer.status_code, answer.json()["items"])
        assert 422 == (await client.get(f"{MEMBERS}?team=red", headers=HER)).status_code
        await create(client, HIM, number=7)
        assert [422, 200] == [
            (await client.get(f"{MEMBERS}?number=7", headers=who)).status_code for who in ({}, HIM)
        ]
