"""Administration of API keys over HTTP: for one role, within the rights of its bearer, and audited."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from os import urandom
from pathlib import Path
from typing import Any

import httpx
import pytest

from estuary.app import Service
from estuary.app.keys import key_administration
from estuary.core.api_keys.key_administration import Grant
from estuary.core.audit import AccessRefused, KeyAdministered
from estuary.http.scopes import Scopes
from tests.support.issuer import AUDIENCE, Issuer, issuing
from tests.support.service import client_of, make_service, observed

KEYS, ITEMS = "/api/v1/keys", "/api/v1/items"
SCOPES = Scopes("{resource}:read", "{resource}:write")


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    """An issuer that is up."""
    with issuing() as issuer:
        yield issuer


def administered(directory: Path, issuer: Issuer, **variables: str) -> Service:
    """A service whose keys the role `keeper` administers."""
    usual = {
        "AUTH_ENABLED": "true",
        "AUTH_ISSUER": issuer.url,
        "AUTH_AUDIENCE": AUDIENCE,
        "AUTH_ROLES_CLAIM": "roles",
        "KEYS_ENABLED": "true",
        "KEYS_ROLE": "keeper",
        "RATE_LIMIT_ENABLED": "false",
    }
    return make_service(directory, **{**usual, **variables})


@asynccontextmanager
async def asked(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the service."""
    async with client_of(service, access=SCOPES, keys=True) as client:
        yield client


def bearing(text: str) -> dict[str, str]:
    """The header that carries a token or a key."""
    return {"Authorization": f"Bearer {text}"}


def keeper(issuer: Issuer, **claims: Any) -> dict[str, str]:
    """The header of someone who has the role."""
    return bearing(issuer.token(**{"roles": ["keeper", "editor"], **claims}))


async def test_a_key_lives_and_dies(tmp_path: Path, issuer: Issuer) -> None:
    """Created, shown once, used, listed, rotated, revoked: as an administrator sees it."""
    service = administered(tmp_path, issuer)
    seen = observed(service, KeyAdministered)
    async with asked(service) as client:
        headers = keeper(issuer)
        draft = {"name": " nightly import ", "scopes": ["items:read"], "roles": ["editor"]}
        made = await client.post(KEYS, json=draft, headers=headers)
        body = made.json()
        assert (201, "no-store") == (made.status_code, made.headers["cache-control"])
        assert f"{KEYS}/{body['id']}" == made.headers["location"]
        assert ("nightly import", "active", "alice", None) == (
            body["name"],
            body["state"],
            body["created_by"],
            body["owner"],
        )
        assert 200 == (await client.get(ITEMS, headers=bearing(body["key"]))).status_code
        one = await client.get(made.headers["location"], headers=headers)
        assert {name: value for name, value in body.items() if name != "key"} == one.json()
        listed = await client.get(KEYS, headers=headers)
        assert {"items": [one.json()], "total": 1, "limit": 20, "offset": 0} == listed.json()
        rotated = await client.post(f"{made.headers['location']}/rotate", headers=headers)
        assert (200, body["id"]) == (rotated.status_code, rotated.json()["id"])
        assert rotated.json()["key"] != body["key"]
        for _ in range(2):
            assert 204 == (await client.delete(made.headers["location"], headers=headers)).status_code
        late = await client.post(f"{made.headers['location']}/rotate", headers=headers)
        assert (409, "CONFLICT") == (late.status_code, late.json()["error"])
        assert 404 == (await client.get(f"{KEYS}/{'0' * 16}", headers=headers)).status_code
    operations = ["create", "read", "list", "rotate", "revoke", "revoke", "rotate", "read"]
    assert operations == [each.operation.value for each in seen]
    assert {"alice"} == {each.subject for each in seen}


async def test_only_the_role_administers(tmp_path: Path, issuer: Issuer) -> None:
    """401 without a token, 403 with any other; each 403 has a line in the audit log."""
    service = administered(tmp_path, issuer)
    refused = observed(service, AccessRefused)
    async with asked(service) as client:
        paths = [("GET", KEYS), ("POST", KEYS), ("GET", f"{KEYS}/x"), ("DELETE", f"{KEYS}/x")]
        paths.append(("POST", f"{KEYS}/x/rotate"))
        for method, path in paths:
            assert 401 == (await client.request(method, path)).status_code, path
            token = bearing(issuer.token(roles=["editor"]))
            assert 403 == (await client.request(method, path, headers=token)).status_code, path
    assert [(method, "alice") for method, _ in paths] == [(each.method, each.subject) for each in refused]


async def test_a_key_makes_no_keys(tmp_path: Path, issuer: Issuer) -> None:
    """Even one that has the role: it lists and revokes."""
    service = administered(tmp_path, issuer)
    async with asked(service) as client:
        administration = key_administration(service.store)
        grant = Grant("keeper", ("items:read",), ("keeper",), None)
        key, text = await administration.create(grant, "")
        headers = bearing(text)
        assert 200 == (await client.get(KEYS, headers=headers)).status_code
        draft = {"name": "x", "scopes": ["items:read"]}
        assert 403 == (await client.post(KEYS, json=draft, headers=headers)).status_code
        assert 403 == (await client.post(f"{KEYS}/{key.id}/rotate", headers=headers)).status_code
        assert 204 == (await client.delete(f"{KEYS}/{key.id}", headers=headers)).status_code


@pytest.mark.parametrize(
    "draft", [{"scopes": ["items:delete"]}, {"roles": ["admin"]}, {"owner": "south"}, {"owner": None}]
)
async def test_no_key_has_more_rights_than_its_maker(
    tmp_path: Path, issuer: Issuer, draft: dict[str, Any]
) -> None:
    """Scopes, roles and owner of a key are among its maker's, who may not rotate any other either."""
    service = administered(tmp_path, issuer, AUTH_OWNER_CLAIM="tenant")
    async with asked(service) as client:
        headers = keeper(issuer, tenant="north")
        refused = await client.post(KEYS, json={"name": "x", **draft}, headers=headers)
        assert 403 == refused.status_code
        grant = Grant("x", tuple(draft.get("scopes", ())), tuple(draft.get("roles", ())), "north")
        if grant.scopes or grant.roles:
            key, _ = await key_administration(service.store).create(grant, "")
            rotated = await client.post(f"{KEYS}/{key.id}/rotate", headers=headers)
            assert 403 == rotated.status_code


async def test_an_owners_administrator_sees_that_owners_keys(tmp_path: Path, issuer: Issuer) -> None:
    """Another's are not there: not listed, not read, not revoked."""
    service = administered(tmp_path, issuer, AUTH_OWNER_CLAIM="tenant")
    async with asked(service) as client:
        north, south = keeper(issuer, tenant="north"), keeper(issuer, tenant="south")
        made = await client.post(KEYS, json={"name": "x", "scopes": ["items:read"]}, headers=north)
        path = made.headers["location"]
        assert "north" == made.json()["owner"]
        assert [1, 0] == [(await client.get(KEYS, headers=each)).json()["total"] for each in (north, south)]
        assert 404 == (await client.get(path, headers=south)).status_code
        assert 404 == (await client.delete(path, headers=south)).status_code
        assert 404 == (await client.post(f"{path}/rotate", headers=south)).status_code


@pytest.mark.parametrize(
    ("draft", "status", "field"),
    [
        ({}, 400, "name"),
        ({"name": 1}, 400, "name"),
        ({"name": "x", "expires": 1}, 400, "body"),
        ({"name": "x", "expires_in_days": 0}, 400, "expires_in_days"),
        ({"name": "x", "expires_in_days": 3651}, 400, "expires_in_days"),
        ({"name": "x", "expires_in_days": "1"}, 400, "expires_in_days"),
        ({"name": " "}, 422, "name"),
        ({"name": "x" * 101}, 422, "name"),
        ({"name": "x", "scopes": ["a b"]}, 422, "scopes"),
        ({"name": "x", "roles": [""]}, 422, "roles"),
        ({"name": "x", "scopes": ["a"] * 65}, 422, "scopes"),
    ],
)
async def test_bad_drafts_are_told_by_their_fields(
    tmp_path: Path, issuer: Issuer, draft: dict[str, Any], status: int, field: str
) -> None:
    """Nothing is made; a misspelt field is refused, for the key would not be what was asked for."""
    service = administered(tmp_path, issuer)
    async with asked(service) as client:
        headers = keeper(issuer)
        refused = await client.post(KEYS, json=draft, headers=headers)
        reported = refused.json()
        assert (status, field) == (
            refused.status_code,
            reported["details"]["validation_errors"][0]["field"],
        )
        assert 0 == (await client.get(KEYS, headers=headers)).json()["total"]


async def test_what_lists_and_writes_of_keys_do_not_know_is_refused(tmp_path: Path, issuer: Issuer) -> None:
    """Unknown parameters, bounds, malformed bodies, and idempotency keys, which could not be kept."""
    service = administered(tmp_path, issuer)
    async with asked(service) as client:
        headers = keeper(issuer)
        for query in ("?limits=1", "?limit=0", "?limit=101", "?offset=-1", "?limit=1&limit=2", "?limit=x"):
            assert 400 == (await client.get(f"{KEYS}{query}", headers=headers)).status_code, query
        assert 400 == (await client.delete(f"{KEYS}/x?force=true", headers=headers)).status_code
        keyed = headers | {"Idempotency-Key": urandom(8).hex()}
        assert 400 == (await client.post(KEYS, json={"name": "x"}, headers=keyed)).status_code
        json = headers | {"Content-Type": "application/json"}
        for content in (b"", b"{", b"[" * 5000, b'{"name":"\xff"}'):
            assert 400 == (await client.post(KEYS, content=content, headers=json)).status_code, content
        assert 404 == (await client.get(f"{KEYS}/x/rotate/y", headers=headers)).status_code
        assert 405 == (await client.get(f"{KEYS}/x/rotate", headers=headers)).status_code


async def test_without_a_role_there_are_no_routes(tmp_path: Path, issuer: Issuer) -> None:
    """404, as for any unknown path; and they are not in the document."""
    service = administered(tmp_path, issuer)
    async with asked(service) as client:
        assert KEYS in (await client.get("/openapi.json")).json()["paths"]
    alone = make_service(tmp_path, AUTH_ENABLED="true", KEYS_ENABLED="true", RATE_LIMIT_ENABLED="false")
    async with client_of(alone, access=SCOPES) as client:
        assert 404 == (await client.get(KEYS)).status_code
        assert KEYS not in (await client.get("/openapi.json")).json()["paths"]
