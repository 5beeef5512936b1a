"""The OpenAPI document: valid, complete, and the same by every way to it."""

import json
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from estuary.app import load_resources, openapi
from tests.support.programs import require
from tests.support.service import ITEMS

VESSELS = "tests.support.resources:VESSELS"
ROOT = Path(__file__).parents[2]


@pytest.fixture(params=[(ITEMS,), (ITEMS, VESSELS)], ids=["items", "two resources"])
def document(request: pytest.FixtureRequest) -> bytes:
    """The document of the shipped resource alone, and with a second one."""
    return openapi(load_resources(request.param))


def test_the_document_is_valid(document: bytes) -> None:
    """openapi-spec-validator finds nothing."""
    assert [] == [error.message for error in OpenAPIV31SpecValidator(json.loads(document)).iter_errors()]


def test_redocly_finds_nothing(document: bytes, tmp_path: Path) -> None:
    """Redocly's linter, with its recommended rules, finds neither error nor warning."""
    redocly = require("redocly", shutil.which("redocly") or _local_redocly())
    file = tmp_path / "openapi.json"
    file.write_bytes(document)
    report = subprocess.run(
        [redocly, "lint", "--format=json", "--config", ROOT / "workshop/redocly.yaml", file],
        capture_output=True,
        text=True,
        check=False,
    )
    assert [] == json.loads(report.stdout)["problems"], report.stdout
    assert 0 == report.returncode, report.stderr


async def test_the_document_is_served(client: httpx.AsyncClient) -> None:
    """Both paths serve what `estuary openapi` prints."""
    for path in ("/openapi.json", "/api/v1/openapi.json"):
        response = await client.get(path)
        assert response.content == openapi(load_resources([ITEMS]))
        assert "application/json" == response.headers["content-type"]


async def test_every_route_is_told_of(client: httpx.AsyncClient) -> None:
    """Each path of the document answers each of its methods with something else than 404 or 405."""
    paths = (await client.get("/openapi.json")).json()["paths"]
    for path, item in paths.items():
        for method in set(item) - {"parameters"}:
            response = await client.request(method, path.replace("{id}", "x"))
            assert (response.status_code, "{id}" in path) != (404, False), (method, path)
            assert response.status_code != 405, (method, path)


def _local_redocly() -> str | None:
    path = ROOT / ".tools/node_modules/.bin/redocly"
    return str(path) if path.exists() else None
