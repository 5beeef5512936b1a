"""Hooks over HTTP: they see each write before it is made, on every store; a defect ends one request."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from estuary.core.access.identity import Identity
from estuary.core.observations import HookSlow, Observation, RequestFailed
from estuary.http.messages import Request
from estuary.telemetry.observers import Observers
from tests.support import hooked
from tests.support.asking_for_tokens import SCOPES, asking_for_tokens
from tests.support.issuer import Issuer
from tests.support.service import client_of, make_service

LOANS, VISITS = "tests.support.hooked:LOANS", "tests.support.hooked:VISITS"
PATH, BATCH = "/api/v1/lendings", "/api/v1/batch"
ID = "0199c0de-1234-7abc-8def-0123456789ab"


def identify(request: Request) -> None:
    """Have everything be asked for by alice."""
    request.identity = Identity("alice", None, frozenset())


@pytest.fixture
async def loans(store_variables: dict[str, str], tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of loans, called alice, on every store."""
    service = make_service(tmp_path, RESOURCES=LOANS, **store_variables)
    async with client_of(service, resources=(LOANS,), identify=identify) as client:
        yield client


@pytest.fixture
async def memory(tmp_path: Path) -> AsyncIterator[tuple[httpx.AsyncClient, list[Any]]]:
    """A client without a name of loans in memory, and what hooks were observed to do."""
    service = make_service(tmp_path, RESOURCES=LOANS)
    seen: list[Observation] = []
    observers = service.application.observe
    assert isinstance(observers, Observers)
    observers.subscribe(RequestFailed, seen.append)
    observers.subscribe(HookSlow, seen.append)
    async with client_of(service, resources=(LOANS,)) as client:
        yield client, seen


async def test_writes_are_what_hooks_make_of_them(loans: httpx.AsyncClient) -> None:
    """By each way to create and to update, with who asks; what a hook returns is cleaned."""
    created = await loans.post(PATH, json={"title": "cleans"})
    assert (201, "clean", ["a"]) == (created.status_code, *reported(created, "title", "tags"))
    place = created.headers["location"]
    put = await loans.put(place, json={"title": "x"})
    patched = await loans.patch(place, json={"days": 2, "extra": {"a": 1}})
    assert (200, 1, "x") == (put.status_code, *reported(put, "renewals", "title"))
    assert (200, 2, {"a": 1}) == (patched.status_code, *reported(patched, "renewals", "extra"))
    assert patched.content == (await loans.get(place)).content
    chosen = await loans.put(f"{PATH}/{ID}", json={"title": "y"}, headers={"If-None-Match": "*"})
    by_value = [await loans.put(f"{PATH}/by/code/a", json={"title": "z"}) for _ in range(2)]
    assert (201, "alice") == (chosen.status_code, *reported(chosen, "by"))
    assert [(201, 0), (200, 1)] == [(each.status_code, *reported(each, "renewals")) for each in by_value]


async def test_what_hooks_refuse_is_not_written(loans: httpx.AsyncClient) -> None:
    """422 with the hook's violation, or that of the rule which it breaks; a dry run is told the same."""
    refused = [
        await loans.post(PATH, json={"title": "long", "days": 11}),
        await loans.post(PATH, json={"title": "long", "days": 11}, params={"validate_only": "true"}),
    ]
    violation = {"field": "days", "message": "Must be at most 10 for a long title", "code": "days"}
    assert [(422, [violation])] * 2 == [(each.status_code, errors(each)) for each in refused]
    broken = await loans.post(PATH, json={"title": "breaks a rule"})
    assert (422, ["title", "days"]) == (broken.status_code, [each["field"] for each in errors(broken)])
    assert 0 == (await loans.get(PATH)).json()["total"]
    place = (await loans.post(PATH, json={"title": "x"})).headers["location"]
    statuses = [(await loans.patch(place, json={"days": days})).status_code for days in range(2, 6)]
    assert [200, 200, 200, 422] == statuses
    assert '"4"' == (await loans.get(place)).headers["etag"]


async def test_no_update_is_lost_between_a_hook_and_its_write(loans: httpx.AsyncClient) -> None:
    """Each is made to the record that its hook saw: so many renewals as were answered with 200."""
    place = (await loans.post(PATH, json={"title": "x"})).headers["location"]
    many = [loans.patch(place, json={"days": days}) for days in range(2, 10)]
    answers = await asyncio.gather(*many)
    told_by_status = sorted(each.status_code for each in answers)
    assert set() == set(told_by_status) - {200, 409, 422}
    assert all("retry-after" in each.headers for each in answers if each.status_code == 409)
    assert told_by_status.count(200) == (await loans.get(place)).json()["renewals"]


async def test_a_key_tells_what_was_made_whatever_hooks_say_now(
    loans: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A create and an update that are sent again are replayed, also where they would be refused by now."""
    headers, body = {"Idempotency-Key": "k"}, {"title": "until closed"}
    created = await loans.post(PATH, json=body, headers=headers)
    monkeypatch.setattr(hooked, "CLOSED", [True])
    again = await loans.post(PATH, json=body, headers=headers)
    assert (201, "true") == (again.status_code, again.headers["idempotency-replayed"])
    assert created.content == again.content
    others = [await loans.post(PATH, json=body, headers={"Idempotency-Key": "o"}) for _ in "ab"]
    assert [422, 422] == [each.status_code for each in others]
    place = (await loans.post(PATH, json={"title": "x", "renewals": 2})).headers["location"]
    headers = {"Idempotency-Key": "u"}
    made = [await loans.patch(place, json={"days": 5}, headers=headers) for _ in "abc"]
    assert [(200, 3)] * 3 == [(each.status_code, *reported(each, "renewals")) for each in made]


async def test_preconditions_come_before_hooks(loans: httpx.AsyncClient) -> None:
    """412 for a record of another version, 404 where there is none."""
    place = (await loans.post(PATH, json={"title": "x", "renewals": 3})).headers["location"]
    stale = await loans.patch(place, json={"days": 5}, headers={"If-Match": '"7"'})
    gone = await loans.patch(f"{PATH}/{ID}", json={"days": 5})
    assert (412, 404) == (stale.status_code, gone.status_code)


async def test_batches_run_hooks(loans: httpx.AsyncClient) -> None:
    """Each operation's hook sees the record as the operations before leave it; a refusal names its own."""
    first = {
        "method": "PUT",
        "path": f"{PATH}/{ID}",
        "headers": {"If-None-Match": "*"},
        "body": {"title": "x"},
    }
    renew = {"method": "PATCH", "path": f"{PATH}/{ID}", "body": {"days": 2}}
    refused = await loans.post(BATCH, json={"operations": [first, *[renew] * 4]})
    assert (422, 4) == (refused.status_code, refused.json()["details"]["operation"])
    assert 404 == (await loans.get(f"{PATH}/{ID}")).status_code
    made = await loans.post(BATCH, json={"operations": [first, renew, renew | {"method": "PUT"}]})
    bodies = [each["body"] for each in made.json()["results"]]
    assert [("alice", 0), ("alice", 1), ("alice", 2)] == [(each["by"], each["renewals"]) for each in bodies]
    create = {"method": "POST", "path": PATH, "body": {"title": "x"}}
    failing = renew | {"body": {"title": "raises"}}
    failed = await loans.post(BATCH, json={"operations": [create, failing]})
    assert (500, 1) == (failed.status_code, failed.json()["details"]["operation"])
    assert "secret" not in failed.text


DEFECTS = {
    "raises": "raised KeyError",
    "exits": "raised SystemExit",
    "cancels": "raised CancelledError",
    "recurses": "raised RecursionError",
    "returns text": "returned str: it must return Loan",
    "returns coroutine": "returned coroutine: it must return Loan",
    "changes list": "changed its argument: return a copy, as msgspec.structs.replace does",
    "changes object": "changed its argument: return a copy, as msgspec.structs.replace does",
    "mistypes": "returned a wrong days: Expected `int`, got `str`",
    "no Unicode": "returned a wrong title: 'utf-8' codec can't encode character '\\ud800' in position 0: "
    "surrogates not allowed",
    "nulls": "returned a wrong days: Expected `int`, got `null`",
}


@pytest.mark.parametrize("title", DEFECTS)
async def test_a_defect_of_a_hook_ends_one_request(
    memory: tuple[httpx.AsyncClient, list[Any]], title: str
) -> None:
    """It is a 500 that discloses nothing, and one line that names resource and hook; nothing is written.

    The same in a dry run, and in a batch, of which nothing else is written either.
    """
    client, seen = memory
    place = (await client.post(PATH, json={"title": "x"})).headers["location"]
    before = (await client.get(PATH)).content
    operations = [
        {"method": "POST", "path": PATH, "body": {"title": "x"}},
        {"method": "PATCH", "path": place, "body": {"title": title}},
    ]
    dry = {"validate_only": "true"}
    answers = [
        await client.post(PATH, json={"title": title}),
        await client.post(PATH, json={"title": title}, params=dry),
        await client.patch(place, json={"title": title}),
        await client.patch(place, json={"title": title}, params=dry),
        await client.post(BATCH, json={"operations": operations}),
        await client.post(BATCH, json={"operations": operations}, params=dry),
    ]
    assert [500] * 6 == [each.status_code for each in answers]
    assert all("secret" not in each.text for each in answers)
    hooks = ["hook before_create"] * 2 + ["hook before_update"] * 2 + ["write 1: hook before_update"] * 2
    logged = [str(each.error) for each in seen if isinstance(each, RequestFailed)]  # slow as it may be
    assert [f"{hook} of lendings {DEFECTS[title]}" for hook in hooks] == logged
    assert before == (await client.get(PATH)).content
    assert 200 == (await client.patch(place, json={"days": 2})).status_code


async def test_hooks_are_told_who_a_token_names(tmp_path: Path, issuer: Issuer) -> None:
    """Subject, owner and scopes of a verified token, in each way to write."""
    service = make_service(tmp_path, **asking_for_tokens(issuer, RESOURCES=VISITS))
    token = issuer.token(sub="bob", tenant="acme", scope="r w other")
    async with client_of(service, resources=(VISITS,), access=SCOPES) as client:
        client.headers["Authorization"] = f"Bearer {token}"
        created = await client.post("/api/v1/visits", json={"reason": "x"})
        place = created.headers["location"]
        operation = {"method": "PUT", "path": place, "body": {"reason": "y", "subject": "mallory"}}
        answers = [
            created,
            await client.patch(place, json={"subject": "mallory", "scopes": []}),
            await client.put(f"/api/v1/visits/{ID}", json={"reason": "x"}, headers={"If-None-Match": "*"}),
        ]
        batch = await client.post(BATCH, json={"operations": [operation]})
    bodies = [*(each.json() for each in answers), batch.json()["results"][0]["body"]]
    named = ("bob", "acme", ["other", "r", "w"])
    assert [named] * 4 == [(each["subject"], each["tenant"], each["scopes"]) for each in bodies]


async def test_a_validation_that_returns_something_is_a_defect(
    memory: tuple[httpx.AsyncClient, list[Any]],
) -> None:
    """`return False` would otherwise let pass what it is to refuse."""
    client, seen = memory
    assert 500 == (await client.post(PATH, json={"title": "returns False"})).status_code
    assert ["hook validate of lendings returned bool: it must return None"] == [
        str(each.error) for each in seen if isinstance(each, RequestFailed)
    ]


async def test_a_slow_hook_is_observed(memory: tuple[httpx.AsyncClient, list[Any]]) -> None:
    """Meanwhile its worker answers nobody else."""
    client, seen = memory
    created = await client.post(PATH, json={"title": "sleeps"})
    assert (201, "") == (created.status_code, *reported(created, "by"))
    assert ("lendings", "before_create") in [(each.resource, each.hook) for each in seen]


def reported(answer: httpx.Response, *names: str) -> tuple[Any, ...]:
    """Members of an answer's body."""
    return tuple(answer.json()[name] for name in names)


def errors(answer: httpx.Response) -> list[dict[str, str]]:
    """The violations in an answer."""
    violations: list[dict[str, str]] = answer.json()["details"]["validation_errors"]
    return violations
