"""Answers under access rules: challenges, headers for caches, the owner of a list, batches."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from estuary.core.access.identity import Refusal
from estuary.core.observations import AuthFailed, Observation
from estuary.telemetry.observers import Observers
from tests.support.asking_for_tokens import SCOPES, asking_for_tokens, bearing_token
from tests.support.issuer import Issuer
from tests.support.service import client_of, make_service

SHELF = "tests.support.shelf"
ARTICLES, DRAFTS, FORMS, LOGS = (f"{SHELF}:{name}" for name in ("ARTICLES", "DRAFTS", "FORMS", "LOGS"))
PRIVATE = {"vary": "Authorization", "cache-control": "private"}
CHALLENGE = 'Bearer realm="estuary"'


class World:
    """A client, and the tokens that it can send."""

    def __init__(self, client: httpx.AsyncClient, issuer: Issuer, refused: list[Observation]) -> None:
        self.client = client
        self.refused = refused
        self._issuer = issuer

    def token(self, owner: str | None, *roles: str) -> dict[str, str]:
        """The header of a token for an owner with these roles."""
        return bearing_token(self._issuer, owner, *roles)

    async def put(self, path: str, title: str, headers: dict[str, str], **more: Any) -> httpx.Response:
        """The answer to a new record."""
        return await self.client.post(path, json={"title": title, **more}, headers=headers)


@asynccontextmanager
async def world(folder: Path, issuer: Issuer, *references: str) -> AsyncIterator[World]:
    """A service of these resources, with owners, roles and scopes."""
    service = make_service(folder, **asking_for_tokens(issuer, RESOURCES=",".join(references)))
    refused: list[Observation] = []
    observers = service.application.observe
    assert isinstance(observers, Observers)
    observers.subscribe(AuthFailed, refused.append)
    async with client_of(service, resources=references, access=SCOPES) as client:
        yield World(client, issuer, refused)


async def test_what_depends_on_the_asker_is_no_shared_caches(tmp_path: Path, issuer: Issuer) -> None:
    """Refusals included; what everyone may read is for every cache, and a query for none."""
    async with world(tmp_path, issuer, ARTICLES, DRAFTS) as service:
        her = service.token("her")
        path = (await service.put("/api/v1/drafts", "x", her)).headers["location"]
        for asked in ("/api/v1/drafts", path, "/api/v1/drafts?cursor="):
            for headers in (her, {}, {**her, "if-none-match": '"1"'}):
                answer = await service.client.get(asked, headers=headers)
                assert "Authorization" in answer.headers["vary"], (asked, answer.status_code)
                assert "private" == answer.headers["cache-control"], (asked, answer.status_code)
        queried = await service.client.request("QUERY", "/api/v1/drafts", json={}, headers=her)
        assert "no-store" == queried.headers["cache-control"]
        public = await service.client.get("/api/v1/articles", headers=her)
        assert 200 == public.status_code
        assert "cache-control" not in public.headers
        assert "Authorization" not in public.headers["vary"]


async def test_a_bad_token_is_not_public(tmp_path: Path, issuer: Issuer) -> None:
    """Its client believes itself signed in, and has to learn that it is not; other schemes are bad, too."""
    async with world(tmp_path, issuer, ARTICLES) as service:
        assert 200 == (await service.client.get("/api/v1/articles")).status_code
        for credentials in ("Bearer junk", "Basic YTpi", "Bearer"):
            answer = await service.client.get("/api/v1/articles", headers={"authorization": credentials})
            assert 401 == answer.status_code, credentials
            assert answer.headers["www-authenticate"].startswith(CHALLENGE)


async def test_a_refusal_tells_no_role(tmp_path: Path, issuer: Issuer) -> None:
    """A token would help who has none; one with a good token gets 403, counted apart."""
    async with world(tmp_path, issuer, ARTICLES, LOGS) as service:
        body = {"title": "x"}
        nobody = await service.client.post("/api/v1/articles", json=body)
        assert (401, CHALLENGE) == (nobody.status_code, nobody.headers["www-authenticate"])
        her = await service.client.post("/api/v1/articles", json=body, headers=service.token("her"))
        reported = her.json()
        assert (403, "FORBIDDEN", "This is not allowed") == (
            her.status_code,
            reported["error"],
            reported["message"],
        )
        assert "editor" not in her.text
        assert "www-authenticate" not in her.headers
        hopeless = await service.client.delete("/api/v1/logs/x")
        assert 403 == hopeless.status_code
    reasons = [each.reason for each in service.refused if isinstance(each, AuthFailed)]
    assert [Refusal.MISSING, Refusal.ACCESS, Refusal.ACCESS] == reasons


async def test_an_administrator_asks_for_one_owners_records(tmp_path: Path, issuer: Issuer) -> None:
    """Page by page; others are told that there is no such parameter."""
    async with world(tmp_path, issuer, DRAFTS) as service:
        for number in range(3):
            for owner in ("her", "him"):
                await service.put("/api/v1/drafts", f"{owner} {number}", service.token(owner))
        admin = service.token("third", "admin")
        titles: list[str] = []
        path = "/api/v1/drafts?owner=her&cursor=&limit=2"
        while path:
            page = await service.client.get(path, headers=admin)
            titles += [item["title"] for item in page.json()["items"]]
            path = page.headers.get("link", "").partition(">")[0].removeprefix("<")
        assert ["her 0", "her 1", "her 2"] == titles
        assert 6 == (await service.client.get("/api/v1/drafts", headers=admin)).json()["total"]
        sorted_page = await service.client.get("/api/v1/drafts?limit=1&cursor=&sort=title", headers=admin)
        cursor = sorted_page.json()["next_cursor"]
        foreign = f"/api/v1/drafts?owner=her&limit=1&sort=title&cursor={cursor}"
        assert 400 == (await service.client.get(foreign, headers=admin)).status_code
        twice = await service.client.get("/api/v1/drafts?owner=her&owner=him", headers=admin)
        assert "owner: Owner must be given once" == twice.json()["message"]
        refused = await service.client.get("/api/v1/drafts?owner=her", headers=service.token("her"))
        unknown = await service.client.get("/api/v1/drafts?wonder=her", headers=service.token("her"))
        assert (400, 400) == (refused.status_code, unknown.status_code)
        assert refused.json()["message"].partition(":")[2] == unknown.json()["message"].partition(":")[2]


async def test_who_writes_and_does_not_read_is_told_nothing_of_it(tmp_path: Path, issuer: Issuer) -> None:
    """A form that everyone may fill in: neither id nor version, also where it is sent again."""
    async with world(tmp_path, issuer, FORMS) as service:
        key = {"idempotency-key": "k"}
        for replayed in (None, "true"):
            answer = await service.put("/api/v1/forms", "hello", key)
            assert (204, b"") == (answer.status_code, answer.content)
            assert replayed == answer.headers.get("idempotency-replayed")
            assert not {"etag", "location"} & answer.headers.keys()
        dry = await service.client.post("/api/v1/forms?validate_only=true", json={"title": "x"})
        assert 204 == dry.status_code
        assert 401 == (await service.client.get("/api/v1/forms")).status_code
        admin = service.token("third", "admin")
        found = (await service.client.get("/api/v1/forms", headers=admin)).json()
        assert ["hello"] == [item["title"] for item in found["items"]]


async def test_a_batch_is_decided_operation_by_operation(tmp_path: Path, issuer: Issuer) -> None:
    """Without a token, where some write is for everyone; the first refusal is answered."""
    async with world(tmp_path, issuer, FORMS, DRAFTS) as service:
        form = {"method": "POST", "path": "/api/v1/forms", "body": {"title": "f"}}
        draft = {"method": "POST", "path": "/api/v1/drafts", "body": {"title": "d"}}

        async def batch(headers: dict[str, str], *operations: object) -> httpx.Response:
            sent = {"operations": operations}
            return await service.client.post("/api/v1/batch", json=sent, headers=headers)

        answer = await batch({}, form, draft)
        assert (401, 1) == (answer.status_code, answer.json()["details"]["operation"])
        assert CHALLENGE == answer.headers["www-authenticate"]
        both = await batch(service.token("her"), form, draft)
        first, second = both.json()["results"]
        assert {"status": 204, "headers": {}} == first
        assert (201, "d") == (second["status"], second["body"]["title"])
        assert {"status": 204, "headers": {}} == (await batch({}, form)).json()["results"][0]


async def test_the_document_tells_who_may_do_what(tmp_path: Path, issuer: Issuer) -> None:
    """Where a token is needed; what nobody may do is no operation, and not everyone can name an owner."""
    async with world(tmp_path, issuer, ARTICLES, LOGS, FORMS) as service:
        paths = (await service.client.get("/openapi.json")).json()["paths"]
    read, write = paths["/api/v1/articles"]["get"], paths["/api/v1/articles"]["post"]
    assert [{}, {"bearer": ["r"]}] == read["security"]
    assert [{"bearer": ["w"]}] == write["security"]
    assert {"401", "403"} <= set(write["responses"])
    assert {"get"} == set(paths["/api/v1/logs"])
    assert {"parameters", "get"} == set(paths["/api/v1/logs/{id}"])
    assert [{}, {"bearer": []}] == paths["/api/v1/batch"]["post"]["security"]

    def names(path: str) -> set[str]:
        return {parameter.get("name", "") for parameter in paths[path]["get"]["parameters"]}

    assert ("owner" in names("/api/v1/logs"), "owner" in names("/api/v1/articles")) == (True, False)


async def test_without_tokens_public_rules_hold_as_well(tmp_path: Path) -> None:
    """Where authentication is off: what nobody may do is refused to everyone."""
    service = make_service(tmp_path, RESOURCES=f"{SHELF}:NOTICES")
    async with client_of(service, resources=[f"{SHELF}:NOTICES"]) as client:
        assert 200 == (await client.get("/api/v1/notices")).status_code
        refused = await client.post("/api/v1/notices", json={"title": "x"})
        assert (403, "This is not allowed") == (refused.status_code, refused.json()["message"])
        batch = {"operations": [{"method": "POST", "path": "/api/v1/notices", "body": {"title": "x"}}]}
        assert 403 == (await client.post("/api/v1/batch", json=batch)).status_code
