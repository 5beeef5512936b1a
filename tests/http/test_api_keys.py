"""API keys over HTTP: what they open, and the refusal of everything that is nearly a key."""

import random
import string
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from os import urandom
from pathlib import Path
from typing import Any

import httpx
import pytest

from estuary.app import Service
from estuary.app.keys import key_administration
from estuary.core.access.identity import Refusal
from estuary.core.api_keys.api_key_text import key_text
from estuary.core.api_keys.key_administration import Grant, KeyAdministration
from estuary.core.measurements import RequestServed
from estuary.core.observations import AuthFailed
from estuary.http.scopes import Scopes
from tests.support.issuer import AUDIENCE, Issuer, issuing
from tests.support.service import client_of, make_service, observed

ITEMS = "/api/v1/items"
SCOPES = Scopes("{resource}:read", "{resource}:write")
BOTH = ("items:read", "items:write")
BY_SUBJECT = {"RATE_LIMIT_ENABLED": "true", "RATE_LIMIT_BY": "subject", "TRUSTED_PROXIES": "192.0.2.1"}


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    """An issuer that is up."""
    with issuing() as issuer:
        yield issuer


def with_keys(directory: Path, **variables: str) -> Service:
    """A service that accepts keys, and tokens where an issuer is named."""
    usual = {
        "AUTH_ENABLED": "true",
        "KEYS_ENABLED": "true",
        "RATE_LIMIT_ENABLED": "false",
        "AUTH_FAILURE_LIMIT": "0",
    }
    return make_service(directory, **{**usual, **variables})


@asynccontextmanager
async def asked(service: Service) -> AsyncIterator[tuple[httpx.AsyncClient, KeyAdministration]]:
    """A client of the service, and what an operator does with its keys at a terminal."""
    async with client_of(service, access=SCOPES) as client:
        yield client, key_administration(service.store)


def bearing(text: str) -> dict[str, str]:
    """The header that carries a token or a key."""
    return {"Authorization": f"Bearer {text}"}


def grant(*scopes: str, owner: str | None = None) -> Grant:
    """What a key grants that has these scopes."""
    return Grant("test", scopes, (), owner)


async def test_keys_alone_are_authentication_enough(tmp_path: Path) -> None:
    """Without any issuer: a key opens what its scopes say, and the log has its subject."""
    service = with_keys(tmp_path)
    served = observed(service, RequestServed)
    async with asked(service) as (client, keys):
        key, text = await keys.create(grant("items:read"), "")
        assert 200 == (await client.get(ITEMS, headers=bearing(text))).status_code
        refused = await client.post(ITEMS, json={"name": "x"}, headers=bearing(text))
        assert 403 == refused.status_code
        assert 401 == (await client.get(ITEMS)).status_code
        assert 401 == (await client.get(ITEMS, headers=bearing("a.b.c"))).status_code
    assert [f"key:{key.id}"] * 2 + [None] * 2 == [each.subject for each in served]


async def test_keys_stand_beside_tokens(tmp_path: Path, issuer: Issuer) -> None:
    """Each opens what it grants; a key sees what its owner's tokens made, and without an owner all."""
    service = with_keys(tmp_path, AUTH_ISSUER=issuer.url, AUTH_AUDIENCE=AUDIENCE, AUTH_OWNER_CLAIM="tenant")
    async with asked(service) as (client, keys):
        token = bearing(issuer.token(tenant="north"))
        assert 201 == (await client.post(ITEMS, json={"name": "x"}, headers=token)).status_code
        for owner, total in (("north", 1), ("south", 0), (None, 1)):
            _, text = await keys.create(grant(*BOTH, owner=owner), "")
            listed = await client.get(ITEMS, headers=bearing(text))
            assert total == listed.json()["total"], owner


async def test_a_token_that_claims_to_be_a_key_is_refused(tmp_path: Path, issuer: Issuer) -> None:
    """Its subject would be that of a key."""
    service = with_keys(tmp_path, AUTH_ISSUER=issuer.url, AUTH_AUDIENCE=AUDIENCE)
    async with asked(service) as (client, keys):
        key, _ = await keys.create(grant(*BOTH), "")
        refused = await client.get(ITEMS, headers=bearing(issuer.token(sub=key.subject)))
        assert 401 == refused.status_code


async def test_where_keys_are_off_a_key_is_no_token(tmp_path: Path, issuer: Issuer) -> None:
    """401, as for any other bad token."""
    service = with_keys(tmp_path, KEYS_ENABLED="false", AUTH_ISSUER=issuer.url, AUTH_AUDIENCE=AUDIENCE)
    async with asked(service) as (client, keys):
        _, text = await keys.create(grant(*BOTH), "")
        assert 401 == (await client.get(ITEMS, headers=bearing(text))).status_code
        assert 200 == (await client.get(ITEMS, headers=bearing(issuer.token()))).status_code


async def test_a_hundred_altered_keys_open_nothing(tmp_path: Path) -> None:
    """Changed, cut, swapped, of another deployment, revoked, expired: 401 for each, and no defect."""
    service = with_keys(tmp_path)
    async with asked(service) as (client, keys):
        good = [await keys.create(grant(*BOTH), "") for _ in range(2)]
        revoked = await keys.create(grant(*BOTH), "")
        await keys.revoke(revoked.key.id)
        expired = await keys.create(grant(*BOTH)._replace(lifetime=timedelta(0)), "")
        texts = altered(good[0].text, good[1].text) | {
            "revoked": revoked.text,
            "expired": expired.text,
            "of another deployment": key_text(urandom(8).hex(), urandom(32)),
            "another secret": key_text(good[0].key.id, urandom(32)),
        }
        assert len(texts) >= 100
        accepted = {}
        for name, text in texts.items():
            answer = await client.get(ITEMS, headers=[(b"authorization", b"Bearer " + text.encode())])
            if answer.status_code != 401:
                accepted[name] = answer.status_code
        assert {} == accepted
        for each in good:
            assert 200 == (await client.get(ITEMS, headers=bearing(each.text))).status_code


def altered(text: str, other: str) -> dict[str, str]:
    """Keys that are nearly `text`, by what was done to it; `other` is another good key."""
    randomly = random.Random(7)  # noqa: S311 (which ones does not matter)
    keys = {}
    for number in range(80):
        place = randomly.randrange(len("esk_"), len(text))
        letter = randomly.choice([each for each in string.ascii_letters + "_-.~" if each != text[place]])
        keys[f"{number}: {letter} at {place}"] = text[:place] + letter + text[place + 1 :]
    parts, others = text.split("_"), other.split("_")
    for place in (1, 2, 3):
        swapped = [*parts[:place], others[place], *parts[place + 1 :]]
        keys[f"part {place} of another key"] = "_".join(swapped)
    return keys | {
        "in capitals": text.upper(),
        "prefix in capitals": text.replace("esk", "ESK"),
        "without prefix": text.removeprefix("esk_"),
        "cut": text[:-1],
        "longer": text + "0",
        "twice": text + text,
        "quoted": f'"{text}"',
        "without CRC": "_".join(parts[:3]),
        "empty secret": f"esk_{parts[1]}__{parts[3]}",
        "hyphens": text.replace("_", "-"),
        "prefix alone": "esk_",
        "two keys": f"{text}, {other}",
        "a comma": f"{text},",
        "a zero": text + "\0",
        "not ASCII": text[:-1] + "é",
        "digits of another script": text[:-1] + "٣",
        "8,000 characters": text.ljust(8000, "0"),
    }


async def test_a_key_elsewhere_than_in_its_header_is_none(tmp_path: Path) -> None:
    """In the URL it opens nothing, and the log masks it; two headers are no request."""
    service = with_keys(tmp_path)
    served, failed = observed(service, RequestServed), observed(service, AuthFailed)
    async with asked(service) as (client, keys):
        _, text = await keys.create(grant(*BOTH), "")
        for name in ("access_token", "api_key", "key"):
            assert 401 == (await client.get(ITEMS, params={name: text})).status_code
            refused = await client.get(ITEMS, params={name: text}, headers=bearing(text))
            assert 400 == refused.status_code
        assert 401 == (await client.get(f"{ITEMS}/{text}")).status_code
        assert 404 == (await client.get(f"/{text}/x")).status_code
        twice = [("Authorization", f"Bearer {text}")] * 2
        assert 400 == (await client.get(ITEMS, headers=twice)).status_code
        assert 401 == (await client.get(ITEMS, headers={"Authorization": f"Basic {text}"})).status_code
        assert 401 == (await client.get(ITEMS, headers={"X-API-Key": text})).status_code
    assert f"{ITEMS}/esk_…" in [each.path for each in served]
    assert not any(text in repr(each) for each in (*served, *failed))


async def test_a_revoked_key_is_told_apart_for_the_operator_alone(tmp_path: Path) -> None:
    """The metric and the log say revoked; the client gets the answer to any bad token."""
    service = with_keys(tmp_path)
    failed = observed(service, AuthFailed)
    async with asked(service) as (client, keys):
        issued = await keys.create(grant(*BOTH), "")
        await keys.revoke(issued.key.id)
        answers = [
            await client.get(ITEMS, headers=bearing(text))
            for text in (issued.text, key_text("0" * 16, urandom(32)))
        ]
        assert 1 == len({_told(each) for each in answers})
    assert [Refusal.REVOKED, Refusal.UNKNOWN_KEY] == [each.reason for each in failed]


async def test_a_key_is_known_while_its_client_is_blocked(tmp_path: Path) -> None:
    """One that shares its address with a guesser goes on, also after keys have changed."""
    service = with_keys(tmp_path, AUTH_FAILURE_LIMIT="3")
    async with asked(service) as (client, keys):
        issued = await keys.create(grant(*BOTH), "")
        assert 200 == (await client.get(ITEMS, headers=bearing(issued.text))).status_code
        guesses = [await client.get(ITEMS, headers=bearing("esk_guess")) for _ in range(5)]
        assert [401] * 3 + [429] * 2 == [each.status_code for each in guesses]
        assert 200 == (await client.get(ITEMS, headers=bearing(issued.text))).status_code


async def test_a_subject_has_a_limit_of_its_own(tmp_path: Path) -> None:
    """With RATE_LIMIT_BY=subject: counted from whatever addresses, behind the address's own limit."""
    variables = {
        "RATE_LIMIT_ENABLED": "true",
        "RATE_LIMIT_MAX_REQUESTS": "3",
        "TRUSTED_PROXIES": "192.0.2.1",
    }
    service = with_keys(tmp_path, RATE_LIMIT_BY="subject", **variables)
    async with asked(service) as (client, keys):
        first, second = [(await keys.create(grant(*BOTH), "")).text for _ in range(2)]

        async def ask(text: str, address: str) -> tuple[int, str]:
            headers = bearing(text) | {"X-Forwarded-For": address}
            answer = await client.get(ITEMS, headers=headers)
            assert 1 == len(answer.headers.get_list("x-ratelimit-remaining"))
            return answer.status_code, answer.headers["x-ratelimit-remaining"]

        from_everywhere = [await ask(first, f"198.51.100.{number}") for number in range(4)]
        assert [(200, "2"), (200, "1"), (200, "0"), (429, "0")] == from_everywhere
        assert (200, "2") == await ask(second, "198.51.100.9")
        assert 401 == (await client.get(ITEMS, headers={"X-Forwarded-For": "198.51.100.9"})).status_code
        assert [(200, "1"), (429, "0")] == [await ask(second, "198.51.100.9") for _ in range(2)]


async def test_a_batch_counts_against_its_subject(tmp_path: Path) -> None:
    """As many operations as it has; where the subject has no more left, none is made."""
    variables = {
        "RATE_LIMIT_ENABLED": "true",
        "RATE_LIMIT_MAX_REQUESTS": "5",
        "TRUSTED_PROXIES": "192.0.2.1",
    }
    service = with_keys(tmp_path, RATE_LIMIT_BY="subject", **variables)
    async with asked(service) as (client, keys):
        _, text = await keys.create(grant(*BOTH), "")
        operation = {"method": "POST", "path": ITEMS, "body": {"name": "x"}}
        statuses = []
        for number in range(2):
            headers = bearing(text) | {"X-Forwarded-For": f"198.51.100.{number}"}
            batch = {"operations": [operation] * 3}
            statuses.append((await client.post("/api/v1/batch", json=batch, headers=headers)).status_code)
        assert [200, 429] == statuses


def _told(answer: httpx.Response) -> tuple[Any, ...]:
    body = answer.json()
    return answer.status_code, answer.headers["www-authenticate"], body["error"], body["message"]
