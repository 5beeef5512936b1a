"""Pages for a browser: how their files are answered, and what is there when they are off."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from estuary.http.asgi import AsgiAdapter
from estuary.http.kernel import Application
from tests.support.issuer import issuing, reply
from tests.support.process import TIMEOUT_SECONDS
from tests.support.service import make_service

BOTH = {"DOCS_ENABLED": "true", "CONSOLE": "api"}
OIDC = {
    "CONSOLE": "api",
    "AUTH_ENABLED": "true",
    "AUTH_ISSUER": "https://issuer.test/realm,https://other.test",
    "AUTH_AUDIENCE": "https://items.test",
    "CONSOLE_OIDC_CLIENT_ID": "console",
}


@asynccontextmanager
async def asking(
    tmp_path: Path, variables: Mapping[str, str], *, admin: bool = False
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service with these variables, on PORT or on ADMIN_PORT; its store is never opened."""
    service = make_service(tmp_path, **variables)
    application = service.admin if admin else service.application
    assert application is not None
    async with client_of(application) as client:
        yield client
    service.logs.flush()


def client_of(application: Application) -> httpx.AsyncClient:
    """A client; answers are no operations of the API, and not held against its document."""
    adapter = AsgiAdapter(application, nothing, nothing)
    transport = httpx.ASGITransport(app=adapter, client=("192.0.2.1", 40000))
    return httpx.AsyncClient(transport=transport, base_url="http://estuary.test")


async def nothing() -> None:
    """The adapter is not what starts or stops the service."""


def policy_of(answer: httpx.Response) -> dict[str, list[str]]:
    """The directives of the one policy that an answer has."""
    (text,) = answer.headers.get_list("content-security-policy")
    directives = (each.split() for each in text.split(";"))
    return {name: sources for name, *sources in directives}


async def config_of(client: httpx.AsyncClient) -> Any:
    """The console's configuration."""
    return (await client.get("/console/config.json")).json()


async def test_pages_are_off_unless_they_are_wanted(tmp_path: Path) -> None:
    """Then they are 404 as what never was, and none of their modules is loaded for them."""
    async with asking(tmp_path, {}) as client:
        for path in ("/docs", "/docs/", "/docs/docs.js", "/console", "/console/", "/console/config.json"):
            answer = await client.get(path)
            assert (404, "NOT_FOUND") == (answer.status_code, answer.json()["error"])


@pytest.mark.parametrize("path", ["/docs", "/console"])
async def test_a_page_is_there_with_and_without_a_slash(tmp_path: Path, path: str) -> None:
    """Without one it leads there by a relative address, which holds behind any proxy."""
    async with asking(tmp_path, BOTH) as client:
        moved = await client.get(path)
        assert (308, f"{path[1:]}/") == (moved.status_code, moved.headers["location"])
        page = await client.get(path, follow_redirects=True)
        assert (200, "text/html; charset=utf-8") == (page.status_code, page.headers["content-type"])


@pytest.mark.parametrize("path", ["/docs/", "/console/"])
async def test_a_policy_lets_a_page_be_its_own_files_alone(tmp_path: Path, path: str) -> None:
    """Whatever the service's policy for its other answers is: a browser holds to the one that comes."""
    async with asking(tmp_path, {**BOTH, "SECURITY_CSP": "default-src *"}) as client:
        page = await client.get(path)
        policy = policy_of(page)
        assert ["'none'"] == policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"]
        assert ["'self'"] == policy["script-src"] == policy["connect-src"]
        assert "unsafe" not in page.headers["content-security-policy"]
        assert {"default-src": ["*"]} == policy_of(await client.get("/health/live"))
        known = await client.get(path, headers={"if-none-match": page.headers["etag"]})
        assert (304, policy) == (known.status_code, policy_of(known))


async def test_a_page_s_files_are_kept_by_their_version(tmp_path: Path) -> None:
    """The front is asked for each time, and names the others below what changes with them."""
    async with asking(tmp_path, BOTH) as client:
        front = await client.get("/docs/")
        assert "no-cache" == front.headers["cache-control"]
        script = front.text.partition('script src="./')[2].partition('"')[0]
        kept = await client.get(f"/docs/{script}")
        assert (200, "public, max-age=31536000, immutable") == (
            kept.status_code,
            kept.headers["cache-control"],
        )
        _, _, name = script.partition("/")
        fresh = await client.get(f"/docs/{name}")
        assert ("no-cache", kept.content) == (fresh.headers["cache-control"], fresh.content)


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip", "gzip"),
        ("br, gzip;q=0.5", "gzip"),
        ("X-GZIP ; Q=1.0", "gzip"),
        ("gzip;q=0, br", None),
        ("gzip; q=0.000", None),
        ("gzipped, br", None),
        ("*", None),
        ("", None),
    ],
)
async def test_a_file_is_compressed_for_who_takes_that(
    tmp_path: Path, accepted: str, coding: str | None
) -> None:
    """Each form has an entity tag of its own, and `Vary` says what it depends on (RFC 9110, 12.5.3)."""
    async with asking(tmp_path, BOTH) as client:
        path = "/console/vendor/preact.js"
        plain = await client.get(path, headers={"accept-encoding": "identity"})
        async with client.stream("GET", path, headers={"accept-encoding": accepted}) as answer:
            raw = b"".join([chunk async for chunk in answer.aiter_raw()])
        assert coding == answer.headers.get("content-encoding")
        assert "Accept-Encoding" in answer.headers.get_list("vary", split_commas=True)
        assert plain.content == (gzip.decompress(raw) if coding else raw)
        assert (coding is None) == (plain.headers["etag"] == answer.headers["etag"])


async def test_pages_are_routes_like_others(tmp_path: Path) -> None:
    """HEAD, OPTIONS, 405, and 404 for what is no file of theirs, a licence or a file beside them too."""
    async with asking(tmp_path, BOTH) as client:
        head = await client.head("/console/")
        assert (200, b"") == (head.status_code, head.content)
        assert "GET, HEAD, OPTIONS" == (await client.options("/console/app.js")).headers["allow"]
        wrong = await client.post("/docs/")
        assert (405, "GET, HEAD, OPTIONS") == (wrong.status_code, wrong.headers["allow"])
        for path in (
            "/console/none.js",
            "/console/vendor/preact.LICENSE",
            "/console/vendor",
            "/console/%2E%2E/page.py",
            "/console/..%2Fvendored.json",
            "/console/vendor/..%2Fapp.js",
            "/docs//docs.js",
        ):
            assert 404 == (await client.get(path)).status_code


async def test_pages_count_against_the_limit_and_have_every_answers_headers(tmp_path: Path) -> None:
    """They are no way around it, and nobody may frame them."""
    async with asking(tmp_path, {**BOTH, "RATE_LIMIT_MAX_REQUESTS": "2"}) as client:
        first, second, third = [await client.get("/console/app.js") for _ in range(3)]
        assert [200, 200, 429] == [first.status_code, second.status_code, third.status_code]
        assert "1" == first.headers["x-ratelimit-remaining"]
        reported = (first.headers["x-content-type-options"], first.headers["x-frame-options"])
        assert ("nosniff", "DENY") == reported


async def test_the_console_is_told_where_everything_is(tmp_path: Path) -> None:
    """Relative to itself, and null for what is not there."""
    async with asking(tmp_path, {"CONSOLE": "api", "ADMIN_PORT": "9000"}) as client:
        reported = await config_of(client)
        assert {"token": False, "key": False, "oidc": None} == reported["sign_in"]
        assert {
            "api": "../api/v1",
            "openapi": "../openapi.json",
            "health": "../health",
            "metrics": None,
            "docs": None,
            "keys": None,
        } == reported["paths"]
    keys = {"AUTH_ENABLED": "true", "KEYS_ENABLED": "true", "KEYS_ROLE": "admin"}
    async with asking(tmp_path, {**BOTH, **keys, "METRICS_TOKEN": "0123456789abcdef"}) as client:
        reported = await config_of(client)
        assert {"token": False, "key": True, "oidc": None} == reported["sign_in"]
        assert {"url": "../metrics", "token": True} == reported["paths"]["metrics"]
        assert ("../docs/", "../api/v1/keys") == (reported["paths"]["docs"], reported["paths"]["keys"])


async def test_the_console_sends_people_to_the_first_issuer(tmp_path: Path) -> None:
    """With the scopes that resources need, or those that are said; the page may ask that issuer alone."""
    async with asking(tmp_path, OIDC) as client:
        assert {
            "issuer": "https://issuer.test/realm",
            "client_id": "console",
            "scopes": ["openid", "items:read", "items:write"],
            "audience": "https://items.test",
        } == (await config_of(client))["sign_in"]["oidc"]
        policy = policy_of(await client.get("/console/"))
        assert ["'self'", "https://issuer.test"] == policy["connect-src"]
    async with asking(tmp_path, {**OIDC, "CONSOLE_OIDC_SCOPES": "profile, api"}) as client:
        assert ["openid", "profile", "api"] == (await config_of(client))["sign_in"]["oidc"]["scopes"]


async def test_the_console_may_ask_where_the_issuer_gives_tokens(tmp_path: Path) -> None:
    """Once the issuer's metadata is read; a browser that has the page gets it with the new policy."""
    with issuing() as issuer:
        origin = "http://127.0.0.1:1"
        reported = {"issuer": issuer.url, "jwks_uri": issuer.keys_url, "token_endpoint": f"{origin}/token"}
        issuer.answer = lambda handler: reply(handler, json.dumps(reported).encode())
        service = make_service(tmp_path, **{**OIDC, "AUTH_ISSUER": issuer.url})
        async with client_of(service.application) as client:
            first = page = await client.get("/console/")
            await service.start()
            async with asyncio.timeout(TIMEOUT_SECONDS):
                while origin not in page.headers["content-security-policy"]:
                    await asyncio.sleep(0)  # neither the client nor the service has to wait for anything
                    page = await client.get("/console/", headers={"if-none-match": first.headers["etag"]})
            await service.stop()
        assert ["'self'", issuer.url] == policy_of(first)["connect-src"]
        assert (200, ["'self'", issuer.url, origin]) == (page.status_code, policy_of(page)["connect-src"])


async def test_the_console_may_be_on_the_operators_port_alone(tmp_path: Path) -> None:
    """There is the API beside it, past the same guards; the service's own port knows no console."""
    variables = {"CONSOLE": "admin", "ADMIN_PORT": "9000", "DOCS_ENABLED": "true", "AUTH_ENABLED": "true"}
    variables |= {"AUTH_ISSUER": "https://issuer.test", "RATE_LIMIT_MAX_REQUESTS": "100"}
    async with asking(tmp_path, variables, admin=True) as client:
        assert 200 == (await client.get("/console/")).status_code
        assert 200 == (await client.get("/docs/")).status_code
        assert {"url": "../metrics", "token": False} == (await config_of(client))["paths"]["metrics"]
        assert 200 == (await client.get("/metrics")).status_code
        refused = await client.get("/api/v1/items")
        assert (401, "100") == (refused.status_code, refused.headers["x-ratelimit-limit"])
    async with asking(tmp_path, variables) as client:
        assert 404 == (await client.get("/console/")).status_code
        assert 200 == (await client.get("/docs/")).status_code
        assert 404 == (await client.get("/metrics")).status_code
