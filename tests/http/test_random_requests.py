"""Random requests: never a 5xx, errors always in the envelope, no partial writes."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.service import client_of, make_service

ITEMS = "/api/v1/items"
EXAMPLES = 10_000 if os.environ.get("ESTUARY_TEST_SOAK") == "1" else 400

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=8,
)
items = st.fixed_dictionaries(
    {}, optional={"name": json_values, "description": json_values, "id": json_values}
)
bodies = st.one_of(
    st.binary(max_size=200),
    json_values.map(lambda value: json.dumps(value).encode()),
    items.map(lambda value: json.dumps(value).encode()),
    items.map(lambda value: json.dumps(value).encode()[:-1]),
)
segments = st.text(alphabet=st.characters(exclude_characters="?#", exclude_categories=["Cs"]), max_size=40)
paths = st.one_of(
    st.sampled_from(["/", "/health", "/health/ready", "/metrics", "/openapi.json", ITEMS, "/api/items"]),
    segments.map(lambda text: f"{ITEMS}/{text}"),
    segments.map(lambda text: f"/{text}"),
)
methods = st.sampled_from(
    ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "QUERY", "ODD"]
)
queries = st.dictionaries(
    st.sampled_from(["limit", "offset", "cursor", "sort", "name.prefix", "version.in", "count", "x"]),
    st.text(max_size=30) | st.integers(-5, 200),
    max_size=3,
)
header_values = st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), max_size=60)
header_names = ("accept", "x-request-id", "x-api-version", "origin", "traceparent", "content-encoding")
headers = st.fixed_dictionaries(
    {"content-type": st.sampled_from(["application/json", "application/x+json", "text/plain", ""])},
    optional=dict.fromkeys(header_names, header_values),
)


def test_no_request_is_a_server_error(tmp_path: Path) -> None:
    """Whatever comes, the answer is below 500, has the security headers, and conforms to the document."""
    service = make_service(tmp_path, RATE_LIMIT_ENABLED="false")

    async def exchange(arguments: dict[str, Any]) -> None:
        response = await client.request(**arguments)
        assert response.status_code < 500, response.text
        assert "DENY" == response.headers["x-frame-options"]
        if response.status_code >= 400 and arguments["method"] != "HEAD":
            assert response.json()["request_id"] == response.headers["x-request-id"]

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(methods, paths, queries, headers, bodies)
    def exchange_any(
        method: str, path: str, query: dict[str, Any], fields: dict[str, str], body: bytes
    ) -> None:
        url = httpx.URL(f"http://estuary.test{quote(path)}", params=query)
        runner.run(exchange({"method": method, "url": url, "headers": fields, "content": body}))

    with asyncio.Runner() as runner:
        opening = client_of(service)
        client = runner.run(opening.__aenter__())
        exchange_any()
        runner.run(opening.__aexit__(None, None, None))
