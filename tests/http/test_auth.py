"""Authentication over HTTP, with an issuer on a real socket: who gets in, and refusals."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from estuary.app import Service
from estuary.core.access.identity import Refusal
from estuary.core.measurements import RequestServed
from estuary.core.observations import AuthFailed
from estuary.http.scopes import Scopes
from tests.support.forgeries import Forger
from tests.support.issuer import AUDIENCE, Issuer, broken, issuing, keys_of
from tests.support.service import client_of, make_service, observed

ITEMS = "/api/v1/items"
SCOPES = Scopes("{resource}:read", "{resource}:write")
CHALLENGE = 'Bearer realm="estuary"'


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    """An issuer that is up."""
    with issuing() as issuer:
        yield issuer


def secured(directory: Path, issuer: Issuer, **variables: str) -> Service:
    """A service that believes the issuer's tokens."""
    usual = {
        "AUTH_ENABLED": "true",
        "AUTH_ISSUER": issuer.url,
        "AUTH_AUDIENCE": AUDIENCE,
        "RATE_LIMIT_ENABLED": "false",
        "AUTH_FAILURE_LIMIT": "0",
    }
    return make_service(directory, **{**usual, **variables})


@asynccontextmanager
async def asked(service: Service, access: Scopes = SCOPES) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the service, once it has its issuer's keys."""
    async with client_of(service, access=access) as client:
        yield client


def bearing(token: str) -> dict[str, str]:
    """The header that carries a token."""
    return {"Authorization": f"Bearer {token}"}


async def test_a_good_token_gets_in_and_is_told_apart_in_the_log(tmp_path: Path, issuer: Issuer) -> None:
    """The keys are found from the issuer alone; the access log says who asked."""
    service = secured(tmp_path, issuer)
    served = observed(service, RequestServed)
    async with asked(service) as client:
        headers = bearing(issuer.token())
        created = await client.post(ITEMS, json={"name": "x"}, headers=headers)
        assert 201 == created.status_code
        assert 200 == (await client.get(created.headers["location"], headers=headers)).status_code
    assert ["alice", "alice"] == [each.subject for each in served]


async def test_a_record_has_the_subject_of_its_token(tmp_path: Path, issuer: Issuer) -> None:
    """Where a field is declared as that; for any asker that changes it later."""
    entries = "tests.support.entries:ENTRIES"
    service = secured(tmp_path, issuer, RESOURCES=entries)
    async with client_of(service, resources=(entries,), access=SCOPES) as client:
        path = "/api/v1/entries"
        scope = "entries:read entries:write"
        alice, bob = (bearing(issuer.token(sub=sub, scope=scope)) for sub in ("alice", "bob"))
        created = await client.post(path, json={"title": "a"}, headers=alice)
        changed = await client.put(created.headers["location"], json={"title": "b"}, headers=bob)
        assert [(201, "alice"), (200, "alice")] == [
            (answer.status_code, answer.json()["made_by"]) for answer in (created, changed)
        ]


async def test_every_api_route_needs_a_token_and_no_other_does(tmp_path: Path, issuer: Issuer) -> None:
    """Items and what leads to them are closed; health, metrics and the document are open."""
    async with asked(secured(tmp_path, issuer)) as client:
        for method, path in (
            ("GET", ITEMS),
            ("HEAD", ITEMS),
            ("POST", ITEMS),
            ("PATCH", ITEMS),
            ("GET", f"{ITEMS}/x"),
            ("PUT", f"{ITEMS}/x"),
            ("DELETE", f"{ITEMS}/x"),
            ("GET", "/api/items"),
            ("POST", "/api/items"),
            ("GET", "/api/items/x"),
        ):
            refused = await client.request(method, path)
            assert (401, CHALLENGE) == (refused.status_code, refused.headers["www-authenticate"]), path
        for path in ("/", "/health", "/health/live", "/health/ready", "/metrics", "/openapi.json"):
            assert 200 == (await client.get(path)).status_code, path
        assert 404 == (await client.get("/api/v1/unknown")).status_code


async def test_without_a_token_the_answer_names_the_scheme_alone(tmp_path: Path, issuer: Issuer) -> None:
    """RFC 6750, 3.1: no error code where there was no token to have one."""
    async with asked(secured(tmp_path, issuer)) as client:
        for headers in ({}, {"Authorization": "Basic YTpi"}, {"Authorization": "Token x"}):
            refused = await client.get(ITEMS, headers=headers)
            assert (401, CHALLENGE) == (refused.status_code, refused.headers["www-authenticate"])
            body = refused.json()
            assert ("UNAUTHORIZED", "Authentication required") == (body["error"], body["message"])


async def test_a_bad_token_is_told_as_such_and_no_more(tmp_path: Path, issuer: Issuer) -> None:
    """Why it is bad, only the log says; that it has expired, its client can do something about."""
    async with asked(secured(tmp_path, issuer)) as client:
        for token, challenge in (
            ("letmein", f'{CHALLENGE}, error="invalid_token"'),
            (issuer.token(aud="https://other.test"), f'{CHALLENGE}, error="invalid_token"'),
            (
                issuer.token(exp=1),
                f'{CHALLENGE}, error="invalid_token", error_description="The token has expired"',
            ),
        ):
            refused = await client.get(ITEMS, headers=bearing(token))
            assert (401, challenge) == (refused.status_code, refused.headers["www-authenticate"])
            body = refused.json()
            assert ("UNAUTHORIZED", "Invalid authentication token") == (body["error"], body["message"])


async def test_problem_details_tell_the_same(tmp_path: Path, issuer: Issuer) -> None:
    """RFC 9457 for clients that ask for it."""
    async with asked(secured(tmp_path, issuer)) as client:
        refused = await client.get(ITEMS, headers={"Accept": "application/problem+json"})
        body = refused.json()
        assert (401, "UNAUTHORIZED", "Authentication required") == (
            body["status"],
            body["code"],
            body["detail"],
        )


@pytest.mark.parametrize("field", ["bearer {}", "BEARER {}", "Bearer   {}", "Bearer {} "])
async def test_the_scheme_is_read_as_http_has_it(tmp_path: Path, issuer: Issuer, field: str) -> None:
    """In any case, with any number of blanks (RFC 9110, 11.1)."""
    async with asked(secured(tmp_path, issuer)) as client:
        headers = {"Authorization": field.format(issuer.token())}
        assert 200 == (await client.get(ITEMS, headers=headers)).status_code


async def test_tokens_are_taken_from_the_header_alone_and_only_one(tmp_path: Path, issuer: Issuer) -> None:
    """Not from the URL, a cookie or a second header, which a proxy may not have looked at."""
    token = issuer.token()
    async with asked(secured(tmp_path, issuer)) as client:
        assert 401 == (await client.get(f"{ITEMS}?access_token={token}")).status_code
        assert 401 == (await client.get(ITEMS, headers={"Cookie": f"access_token={token}"})).status_code
        twice = [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")]
        assert 400 == (await client.get(ITEMS, headers=twice)).status_code


async def test_no_forgery_gets_in_and_none_makes_a_request(tmp_path: Path, issuer: Issuer) -> None:
    """0 accepted, 0 server errors, 0 requests to an address that a token names, none of it shown."""
    issuer.keys = [keys_of("RS256"), keys_of("ES256"), keys_of("EdDSA")]
    with issuing() as attacker:
        forger = Forger(issuer.url, keys_of("RS256"), attacker.url)
        async with asked(secured(tmp_path, issuer)) as client:
            good = forger.signed(forger.header, forger.claims)
            assert 200 == (await client.get(ITEMS, headers=bearing(good))).status_code
            outcomes = {}
            for name, token in forger.every().items():
                answer = await client.get(ITEMS, headers={b"Authorization": b"Bearer " + token.encode()})
                outcomes[name] = answer.status_code
                assert token[:40] not in answer.text or len(token) < 20, name
            assert 200 == (await client.get(ITEMS, headers=bearing(good))).status_code
        assert [] == attacker.requests
    # Beyond the limit of a head, the head is refused before anybody looks for a token.
    assert {} == {name: status for name, status in outcomes.items() if status not in (401, 431)}
    assert len([status for status in outcomes.values() if status == 401]) >= 100


@pytest.mark.parametrize(
    ("scopes", "method", "missing"),
    [
        ("items:read", "GET", None),
        ("items:read", "HEAD", None),
        ("items:write", "GET", "items:read"),
        ("", "GET", "items:read"),
        ("items", "GET", "items:read"),
        ("items:read", "POST", "items:write"),
        ("items:read", "PUT", "items:write"),
        ("items:read", "DELETE", "items:write"),
        ("items:write", "POST", None),
        ("items:read", "QUERY", None),
        ("items:write", "QUERY", "items:read"),
        ("items:read", "POST /query", None),
        ("items:write", "POST /query", "items:read"),
    ],
)
async def test_a_token_must_grant_the_scope(
    tmp_path: Path, issuer: Issuer, scopes: str, method: str, missing: str | None
) -> None:
    """Reading and writing need scopes of their own; a refusal names the missing one."""
    path = f"{ITEMS}/x" if method in ("PUT", "DELETE") else ITEMS
    method, _, behind = method.partition(" ")
    path += behind
    async with asked(secured(tmp_path, issuer)) as client:
        answer = await client.request(method, path, json={}, headers=bearing(issuer.token(scope=scopes)))
        if missing is None:
            assert answer.status_code not in (401, 403)
            return
        challenge = f'{CHALLENGE}, error="insufficient_scope", scope="{missing}"'
        assert (403, challenge) == (answer.status_code, answer.headers["www-authenticate"])
        assert ("FORBIDDEN", {"scope": missing}) == (
            answer.json()["error"],
            answer.json()["details"]["context"],
        )


async def test_each_operation_of_a_batch_needs_its_scope(tmp_path: Path, issuer: Issuer) -> None:
    """As alone; a token is needed to be let in, and forms are looked at before scopes."""
    variables = {"RESOURCES": "estuary.core.items:ITEMS,tests.support.resources:VESSELS"}
    service = secured(tmp_path, issuer, AUTH_WRITE_SCOPE="{resource}:write", **variables)
    refused = observed(service, AuthFailed)
    items = {"method": "POST", "path": ITEMS, "body": {"name": "boat"}}
    vessels = {"method": "DELETE", "path": "/api/v1/vessels/x"}
    async with client_of(service, resources=variables["RESOURCES"].split(","), access=SCOPES) as client:

        async def batch(*operations: object, **headers: str) -> httpx.Response:
            return await client.post("/api/v1/batch", json={"operations": operations}, headers=headers)

        writer = bearing(issuer.token(scope="items:write"))
        assert 401 == (await batch(items)).status_code
        assert 200 == (await batch(items, **writer)).status_code
        answer = await batch(items, vessels, **writer)
        details = {"context": {"scope": "vessels:write"}, "operation": 1}
        assert (403, details) == (answer.status_code, answer.json()["details"])
        assert 'scope="vessels:write"' in answer.headers["www-authenticate"]
        assert 400 == (await batch(vessels, {}, **writer)).status_code
        both = bearing(issuer.token(scope="items:write vessels:write"))
        answer = await batch(items, vessels, **both)
        assert (404, 1) == (answer.status_code, answer.json()["details"]["operation"])
    assert [Refusal.MISSING, Refusal.SCOPE] == [each.reason for each in refused]


async def test_scopes_have_the_names_that_were_chosen_or_none(tmp_path: Path, issuer: Issuer) -> None:
    """An issuer's own names, the same for everything; or a token is enough."""
    named = {"AUTH_READ_SCOPE": "api.read", "AUTH_WRITE_SCOPE": "api.{resource}"}
    async with asked(secured(tmp_path, issuer, **named), Scopes(*named.values())) as client:
        reader = bearing(issuer.token(scope="api.read"))
        assert 200 == (await client.get(ITEMS, headers=reader)).status_code
        refused = await client.post(ITEMS, json={"name": "x"}, headers=reader)
        assert {"scope": "api.items"} == refused.json()["details"]["context"]
    async with asked(secured(tmp_path, issuer, AUTH_REQUIRE_SCOPES="false"), Scopes()) as client:
        anybody = bearing(issuer.token(scope=None))
        assert 201 == (await client.post(ITEMS, json={"name": "x"}, headers=anybody)).status_code


async def test_a_preflight_request_needs_no_token(tmp_path: Path, issuer: Issuer) -> None:
    """A browser never sends one with it (Fetch, 4.8); neither does a plain OPTIONS disclose a secret."""
    preflight = {"Origin": "https://app.test", "Access-Control-Request-Method": "POST"}
    async with asked(secured(tmp_path, issuer)) as client:
        answer = await client.options(ITEMS, headers=preflight)
        assert (204, "*") == (answer.status_code, answer.headers["access-control-allow-origin"])
        assert "Authorization" in answer.headers["access-control-allow-headers"]
        assert 204 == (await client.options(ITEMS)).status_code


async def test_an_issuer_that_was_never_reached_is_503(tmp_path: Path, issuer: Issuer) -> None:
    """It is not the token's fault, and a retry may succeed; the service starts all the same."""
    issuer.answer = broken
    async with asked(secured(tmp_path, issuer)) as client:
        answer = await client.get(ITEMS, headers=bearing(issuer.token()))
        assert 503 == answer.status_code
        assert ("SERVICE_UNAVAILABLE", "Authentication service unavailable") == (
            answer.json()["error"],
            answer.json()["message"],
        )
        assert "retry-after" in answer.headers
        assert 200 == (await client.get("/health/ready")).status_code


async def test_bad_tokens_are_limited_per_client(tmp_path: Path, issuer: Issuer) -> None:
    """Past the limit a client's tokens are not looked at; the ones that are known go on being good."""
    service = secured(tmp_path, issuer, AUTH_FAILURE_LIMIT="3", TRUSTED_PROXIES="192.0.2.0/24")
    failed = observed(service, AuthFailed)
    async with asked(service) as client:
        known, fresh = issuer.token(), issuer.token(sub="bob")
        assert 200 == (await client.get(ITEMS, headers=bearing(known))).status_code
        statuses = [(await client.get(ITEMS, headers=bearing(f"bad{n}"))).status_code for n in range(5)]
        assert [401, 401, 401, 429, 429] == statuses
        blocked = await client.get(ITEMS, headers=bearing(fresh))
        assert (429, "Too many requests") == (blocked.status_code, blocked.json()["message"])
        assert 1 <= int(blocked.headers["retry-after"]) <= 60
        assert 200 == (await client.get(ITEMS, headers=bearing(known))).status_code
        elsewhere = bearing(fresh) | {"X-Forwarded-For": "198.51.100.7"}
        assert 200 == (await client.get(ITEMS, headers=elsewhere)).status_code
    assert ["malformed"] * 3 + ["blocked"] * 3 == [each.reason for each in failed]


async def test_failures_are_counted_by_reason(tmp_path: Path, issuer: Issuer) -> None:
    """Every reason is there from the start, and no token can add one."""
    async with asked(secured(tmp_path, issuer)) as client:
        before = (await client.get("/metrics")).text
        for token in ("letmein", issuer.token(exp=1), issuer.token(scope="")):
            await client.get(ITEMS, headers=bearing(token))
        await client.get(ITEMS)
        after = (await client.get("/metrics")).text
    output = [line for line in after.splitlines() if line.startswith("auth_failures_total")]
    for reason, count in (("malformed", 1), ("expired", 1), ("scope", 1), ("missing", 1), ("audience", 0)):
        assert f'auth_failures_total{{reason="{reason}"}} {count}' in [
            line.removesuffix(".0") for line in output
        ]
    assert len(output) == before.count("\nauth_failures_total{")
    assert 'auth_key_fetches_total{result="success"} 1' in after


async def test_owners_see_their_own_records_alone(tmp_path: Path, issuer: Issuer) -> None:
    """With an owner's claim, another owner's record does not exist: in reads, lists, totals and writes."""
    service = secured(tmp_path, issuer, AUTH_OWNER_CLAIM="tenant")
    async with asked(service) as client:
        north, south = (bearing(issuer.token(tenant=name)) for name in ("north", "south"))
        created = await client.post(ITEMS, json={"name": "x"}, headers=north)
        path = created.headers["location"]
        assert 200 == (await client.get(path, headers=north)).status_code
        for method in ("GET", "PUT", "DELETE"):
            assert 404 == (await client.request(method, path, json={}, headers=south)).status_code
        totals = [(await client.get(ITEMS, headers=who)).json()["total"] for who in (north, south)]
        assert [1, 0] == totals
        assert 401 == (await client.get(ITEMS, headers=bearing(issuer.token()))).status_code


async def test_the_document_tells_what_is_needed(tmp_path: Path, issuer: Issuer) -> None:
    """Each operation of the API names the scheme and the scope; operators' routes name none."""
    async with asked(secured(tmp_path, issuer)) as client:
        document = (await client.get("/openapi.json")).json()
    assert {"bearer"} == set(document["components"]["securitySchemes"])
    paths = document["paths"]
    assert [{"bearer": ["items:read"]}] == paths[ITEMS]["get"]["security"]
    assert [{"bearer": ["items:write"]}] == paths[ITEMS]["post"]["security"]
    assert [{"bearer": ["items:read"]}] == paths[f"{ITEMS}/query"]["post"]["security"]
    assert {"401", "403"} <= set(paths[f"{ITEMS}/{{id}}"]["delete"]["responses"])
    assert "security" not in paths["/health"]["get"]


async def test_health_tells_nothing_of_tokens_or_keys(tmp_path: Path, issuer: Issuer) -> None:
    """Whatever was sent, what anybody may read holds nothing of it."""
    token = issuer.token()
    async with asked(secured(tmp_path, issuer)) as client:
        await client.get(ITEMS, headers=bearing(token))
        text = "".join([(await client.get(path)).text for path in ("/health", "/metrics", "/health/ready")])
    modulus = json.loads(json.dumps(issuer.keys[0].public_set()))["keys"][0]["n"]
    for secret in (*token.split("."), modulus, issuer.keys[0].id):
        assert secret not in text
