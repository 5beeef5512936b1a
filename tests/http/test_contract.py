"""What every answer has in common: routes, methods, headers, errors, versions, CORS."""

from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from tests.support.service import client_of, make_service

ITEMS = "/api/v1/items"
JSON = {"content-type": "application/json"}
STRICT_CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; "
    "font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
)
SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-xss-protection": "0",
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": "geolocation=(), microphone=(), camera=()",
}


@pytest.fixture
def store_variables() -> dict[str, str]:
    """Memory alone: what all answers have in common is no store's."""
    return {"DATABASE_TYPE": "memory"}


@pytest.mark.parametrize("path", ["/nothing", "/api/v1/items/", "/health/", "/api/v2/items", "/api/v1"])
async def test_unknown_paths(client: httpx.AsyncClient, path: str) -> None:
    """404 with the envelope, a trailing slash included."""
    response = await client.get(path)
    error = response.json()
    assert 404 == response.status_code
    assert {"error", "message", "timestamp", "request_id"} == set(error)
    assert error["request_id"] == response.headers["x-request-id"]
    age = datetime.now(UTC) - datetime.fromisoformat(error["timestamp"])
    assert abs(age.total_seconds()) < 60


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", ITEMS, "GET, HEAD, POST, QUERY, OPTIONS"),
        ("POST", f"{ITEMS}/x", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"),
        ("PATCH", ITEMS, "GET, HEAD, POST, QUERY, OPTIONS"),
        ("POST", "/health", "GET, HEAD, OPTIONS"),
        ("TRACE", ITEMS, "GET, HEAD, POST, QUERY, OPTIONS"),
        ("BREW", ITEMS, "GET, HEAD, POST, QUERY, OPTIONS"),
        ("get", ITEMS, "GET, HEAD, POST, QUERY, OPTIONS"),
    ],
)
async def test_wrong_methods(client: httpx.AsyncClient, method: str, path: str, allow: str) -> None:
    """405 with `Allow` and the envelope, known methods and others alike."""
    request = client.build_request("GET", path)
    request.method = method
    response = await client.send(request)
    assert (405, "METHOD_NOT_ALLOWED") == (response.status_code, response.json()["error"])
    assert response.headers["allow"] == allow


@pytest.mark.parametrize("path", ["/", "/health", "/health/live", "/metrics", "/openapi.json", ITEMS])
async def test_head_is_get_without_a_body(client: httpx.AsyncClient, path: str) -> None:
    """The same status and type, no body."""
    head, get = await client.head(path), await client.get(path)
    assert (head.status_code, head.content) == (get.status_code, b"")
    assert head.headers["content-type"] == get.headers["content-type"]
    assert int(head.headers["content-length"]) > 0


async def test_options_tells_what_is_allowed(client: httpx.AsyncClient) -> None:
    """204 with `Allow`."""
    response = await client.options(ITEMS)
    assert (204, "GET, HEAD, POST, QUERY, OPTIONS") == (response.status_code, response.headers["allow"])


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
async def test_the_path_without_a_version_redirects(client: httpx.AsyncClient, method: str) -> None:
    """308 to version 1, path and query kept, whatever the method."""
    response = await client.request(method, "/api/items/a%20b?limit=5&x=%C3%A9")
    assert 308 == response.status_code
    assert "/api/v1/items/a%20b?limit=5&x=%C3%A9" == response.headers["location"]
    listing = await client.request(method, "/api/items")
    assert ITEMS == listing.headers["location"]


async def test_a_redirect_never_leads_elsewhere(client: httpx.AsyncClient) -> None:
    """Line breaks and foreign hosts in the path cannot forge a header or another site."""
    response = await client.get("/api/items/%0d%0aset-cookie:x")
    assert "/api/v1/items/%0D%0Aset-cookie%3Ax" == response.headers["location"]


@pytest.mark.parametrize("given", ["abc", "A-1_.z", "x" * 128])
async def test_a_sane_request_id_is_kept(client: httpx.AsyncClient, given: str) -> None:
    """The client's id comes back."""
    response = await client.get("/health/live", headers={"x-request-id": given})
    assert response.headers["x-request-id"] == given


@pytest.mark.parametrize(
    "given", ["", "x" * 129, "a b", "a\tb", "ünïcode", "a;b", "<script>", "esk_1", "a.esk_"]
)
async def test_any_other_request_id_is_replaced(client: httpx.AsyncClient, given: str) -> None:
    """A fresh id stands in the answer, another each time."""
    headers = {b"x-request-id": given.encode("latin-1")}
    ids = [(await client.get("/health/live", headers=headers)).headers["x-request-id"] for _ in range(2)]
    assert given not in ids
    assert 2 == len(set(ids))


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", ITEMS, 200), ("GET", "/nothing", 404), ("PATCH", ITEMS, 405), ("POST", ITEMS, 400)],
)
async def test_security_headers_are_on_every_answer(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    """Good answers and errors carry them alike; without strict mode there is no HSTS."""
    response = await client.request(method, path)
    assert response.status_code == status
    assert SECURITY_HEADERS == {name: response.headers[name] for name in SECURITY_HEADERS}
    assert "content-security-policy" in response.headers
    assert "strict-transport-security" not in response.headers


async def test_strict_mode(tmp_path: Path) -> None:
    """The strict policy and HSTS, on errors too."""
    async with client_of(make_service(tmp_path, SECURITY_STRICT_MODE="true")) as client:
        response = await client.get("/nothing")
        assert STRICT_CSP == response.headers["content-security-policy"]
        hsts = "max-age=31536000; includeSubDomains; preload"
        assert response.headers["strict-transport-security"] == hsts


async def test_a_policy_of_ones_own(tmp_path: Path) -> None:
    """SECURITY_CSP overrides either policy."""
    own = "default-src 'none'"
    variables = {"SECURITY_CSP": own, "SECURITY_STRICT_MODE": "true"}
    async with client_of(make_service(tmp_path, **variables)) as client:
        assert own == (await client.get("/")).headers["content-security-policy"]


async def test_problem_details_for_those_who_ask(client: httpx.AsyncClient) -> None:
    """RFC 9457 by `Accept`, telling the same error."""
    headers = {**JSON, "accept": "application/problem+json"}
    response = await client.post(ITEMS, content=b'{"name":""}', headers=headers)
    problem = response.json()
    assert "application/problem+json" == response.headers["content-type"]
    assert (422, "VALIDATION_ERROR") == (problem["status"], problem["code"])
    assert "urn:estuary:problem:validation-error" == problem["type"]
    assert "Validation failed" == problem["detail"]
    assert "name" == problem["errors"][0]["field"]
    assert problem["request_id"] == response.headers["x-request-id"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"accept": "application/vnd.estuary.v1+json"}, 200),
        ({"accept": "application/vnd.estuary.v2+json, application/vnd.estuary.v1+json"}, 200),
        ({"accept": "application/vnd.estuary.v2+json"}, 406),
        ({"accept": "Application/Vnd.Estuary.V2+JSON"}, 406),
        ({"accept": "application/vnd.estuary.v2+json, */*"}, 200),
        ({"accept": "application/vnd.estuary.v2+json, application/*;q=0.1"}, 200),
        ({"accept": "application/vnd.estuary.v2+json, application/json;q=0.5"}, 200),
        ({"accept": "application/vnd.estuary.v2+json, */*;q=0"}, 406),
        ({"accept": "application/vnd.estuary.v2+json, text/html"}, 406),
        ({"accept": "application/vnd.estuary.v2+json, application/vnd.estuary.v1+json;q=0"}, 406),
        ({"accept": "application/vnd.estuary.v2+json;q=0"}, 200),
        ({"accept": 'text/html;title="application/vnd.estuary.v2+json"'}, 200),
        ({"x-api-version": "v1"}, 200),
        ({"x-api-version": "1"}, 200),
        ({"x-api-version": "v2"}, 400),
        ({"x-api-version": ""}, 400),
        ([("x-api-version", "v1"), ("x-api-version", "1")], 200),
        ([("x-api-version", "v1"), ("x-api-version", "v2")], 400),
        ({"accept": "text/html"}, 200),
    ],
)
async def test_versions(
    client: httpx.AsyncClient, headers: dict[str, str] | list[tuple[str, str]], status: int
) -> None:
    """Version 1 is served by every name it has; one that does not exist is refused, on whichever line."""
    response = await client.get(ITEMS, headers=headers)
    assert response.status_code == status
    if status != 200:
        assert "BAD_REQUEST" == response.json()["error"]


@pytest.mark.parametrize(
    ("lines", "content_type"),
    [
        (["Application/Problem+JSON"], "application/problem+json"),
        (["text/html", "application/problem+json"], "application/problem+json"),
        (["application/problem+json;q=0"], "application/json"),
        (["application/problem+json;q=0.1, application/json"], "application/json"),
        (["*/*"], "application/json"),
    ],
)
async def test_the_form_of_errors_is_negotiated(
    client: httpx.AsyncClient, lines: list[str], content_type: str
) -> None:
    """By every line of `Accept`, weights and case; every answer has it in `Vary`."""
    headers = [("accept", line) for line in lines]
    for path, status in ((f"{ITEMS}/x", 404), ("/nowhere", 404), (f"{ITEMS}?limit=0", 400)):
        response = await client.get(path, headers=headers)
        assert (response.status_code, response.headers["content-type"]) == (status, content_type)
        assert "Accept" in response.headers["vary"].split(", ")


async def test_caches_are_told_what_an_answer_depends_on(tmp_path: Path) -> None:
    """`Vary: Accept` wherever there might be an error, and `Origin` beside it where origins are listed."""
    variables = {"CORS_ALLOWED_ORIGINS": "https://a.example"}
    async with client_of(make_service(tmp_path, **variables)) as client:
        for path in (ITEMS, "/metrics", "/health/live", "/openapi.json"):
            assert "Accept, Origin" == (await client.get(path)).headers["vary"]


async def test_any_origin_in_development(client: httpx.AsyncClient) -> None:
    """Without a list, development grants any origin access, never with credentials."""
    response = await client.get(ITEMS, headers={"origin": "https://a.example"})
    assert "*" == response.headers["access-control-allow-origin"]
    assert "access-control-allow-credentials" not in response.headers
    assert "access-control-allow-origin" not in (await client.get(ITEMS)).headers


async def test_no_origin_in_production(tmp_path: Path) -> None:
    """Without a list, production grants no origin anything."""
    async with client_of(make_service(tmp_path, APP_PROFILE="production")) as client:
        response = await client.get(ITEMS, headers={"origin": "https://a.example"})
        assert not [name for name in response.headers if name.startswith("access-control-")]


async def test_listed_origins(tmp_path: Path) -> None:
    """A listed origin is granted access with credentials, on errors too; any other gets nothing."""
    variables = {"CORS_ALLOWED_ORIGINS": "https://a.example,https://b.example:8443"}
    async with client_of(make_service(tmp_path, **variables)) as client:
        for path in (ITEMS, "/nothing"):
            response = await client.get(path, headers={"origin": "https://b.example:8443"})
            assert "https://b.example:8443" == response.headers["access-control-allow-origin"]
            assert "true" == response.headers["access-control-allow-credentials"]
            assert "Accept, Origin" == response.headers["vary"]
        for origin in ("https://c.example", "https://a.example.evil", "null", "http://a.example"):
            response = await client.get(ITEMS, headers={"origin": origin})
            assert "access-control-allow-origin" not in response.headers
            assert "Accept, Origin" == response.headers["vary"]


async def test_preflight(client: httpx.AsyncClient) -> None:
    """A preflight request learns the route's methods and does not count against the limit."""
    headers = {"origin": "https://a.example", "access-control-request-method": "PUT"}
    response = await client.options(f"{ITEMS}/x", headers=headers)
    assert 204 == response.status_code
    methods = "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"
    assert methods == response.headers["access-control-allow-methods"]
    assert {"Content-Type", "Prefer"} <= set(response.headers["access-control-allow-headers"].split(", "))
    assert "x-ratelimit-limit" not in response.headers


async def test_a_url_that_is_too_long(client: httpx.AsyncClient) -> None:
    """414 with the envelope."""
    response = await client.get(f"{ITEMS}?x={'a' * 9000}")
    assert (414, "BAD_REQUEST") == (response.status_code, response.json()["error"])


async def test_headers_that_are_too_large(client: httpx.AsyncClient) -> None:
    """431 with the envelope."""
    response = await client.get(ITEMS, headers={"x-padding": "a" * 17_000})
    assert (431, "BAD_REQUEST") == (response.status_code, response.json()["error"])


async def test_a_host_is_required(client: httpx.AsyncClient) -> None:
    """400 without a Host header (RFC 9112, 3.2)."""
    request = client.build_request("GET", ITEMS)
    del request.headers["host"]
    response = await client.send(request)
    assert (400, "Host header is required") == (response.status_code, response.json()["message"])
