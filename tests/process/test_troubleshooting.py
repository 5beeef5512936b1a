"""docs/troubleshooting.md: each symptom is brought about on a real service, and is what the page says."""

import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.support.creates import ITEMS, creating
from tests.support.documents import ROOT
from tests.support.http import Connection, request
from tests.support.process import HOST, TIMEOUT_SECONDS, Server, free_port, serving, started, until

PAGE = (ROOT / "docs/troubleshooting.md").read_text()
ITEM = {"name": "boat"}


def ask(server: Server, method: str = "GET", path: str = ITEMS, **options: object) -> httpx.Response:
    """One answer of the service."""
    return httpx.request(method, server.origin + path, timeout=TIMEOUT_SECONDS, **options)  # type: ignore[arg-type]  # whatever httpx takes


def check(folder: Path) -> subprocess.CompletedProcess[str]:
    """What `estuary check` says in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "estuary", "check"],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    """Exit code 1, in the page's words."""
    with serving(tmp_path) as first, started(tmp_path, {"PORT": str(first.port)}) as second:
        assert 1 == second.wait()
        assert "is in use" in second.err.text
    assert "`… is in use`" in PAGE


def test_every_mistake_is_told_and_a_misspelt_name_put_right(tmp_path: Path) -> None:
    """Exit code 2; each variable by its name, the misspelt one with the name that is meant."""
    (tmp_path / ".env").write_text("PORT=many\nRATE_LIMT_ENABLED=true\n")
    done = check(tmp_path)
    assert 2 == done.returncode
    assert "PORT" in done.stderr
    assert "RATE_LIMIT_ENABLED" in done.stderr


def test_every_reason_not_to_be_ready_is_on_the_page() -> None:
    """Those that the service gives, and no other."""
    given = re.findall(r'"([a-z]+_[a-z]+)"', (ROOT / "src/estuary/http/operator_handlers.py").read_text())
    reasons = re.findall(r"^\| `([a-z]+_[a-z]+)` \|", PAGE, re.MULTILINE)
    assert set(reasons) <= set(given)
    assert {"database_unavailable", "not_migrated", "shutting_down"} == set(reasons)


def limited(folder: Path) -> httpx.Response:
    """More requests than are allowed."""
    with serving(folder, {"RATE_LIMIT_ENABLED": "true", "RATE_LIMIT_MAX_REQUESTS": "1"}) as server:
        ask(server)
        answer = ask(server)
    assert "1" == answer.headers["X-RateLimit-Limit"]
    return answer


def without_token(folder: Path) -> httpx.Response:
    """No token where one is wanted; the reason is counted."""
    variables = {
        "AUTH_ENABLED": "true",
        "AUTH_JWKS_URLS": f"http://{HOST}:{free_port()}/jwks.json",
        "AUTH_ISSUER": "https://issuer.example",
        "AUTH_AUDIENCE": "estuary",
    }
    with serving(folder, variables) as server:
        answer = ask(server)
        assert 'auth_failures_total{reason="missing"} 1' in ask(server, path="/metrics").text
    return answer


def without_store(folder: Path) -> httpx.Response:
    """Another process holds the file; readiness stays, for it can be read."""
    variables = {"DATABASE_URL": f"sqlite:///{folder}/x.db", "DATABASE_TIMEOUT_SECONDS": "1"}
    with (
        serving(folder, variables) as server,
        closing(sqlite3.connect(folder / "x.db", isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        return ask(server, "POST", json=ITEM)


def overloaded(folder: Path) -> httpx.Response:
    """As many requests under way as there may be."""
    with serving(folder, {"MAX_IN_FLIGHT": "1"}) as server, creating(server, 1):
        until(lambda: ask(server).status_code == 503)
        return ask(server)


def too_large(folder: Path) -> httpx.Response:
    """A body beyond MAX_BODY_BYTES."""
    with serving(folder, {"MAX_BODY_BYTES": "1024"}) as server:
        return ask(server, "POST", json={"name": "x" * 2048})


def too_slow(folder: Path) -> httpx.Response:
    """A body that does not come within REQUEST_BODY_TIMEOUT_SECONDS."""
    with (
        serving(folder, {"REQUEST_BODY_TIMEOUT_SECONDS": "1"}) as server,
        Connection(server) as connection,
    ):
        connection.send(request("POST", ITEMS, 100) + b'{"name":')
        answer = connection.receive()
    return httpx.Response(answer.status, content=answer.body)


def changed_before(folder: Path) -> httpx.Response:
    """A version that is no longer there."""
    with serving(folder) as server:
        location = ask(server, "POST", json=ITEM).headers["location"]
        return ask(server, "PUT", location, json=ITEM, headers={"If-Match": '"7"'})


def unconditional(folder: Path) -> httpx.Response:
    """No If-Match where REQUIRE_IF_MATCH is set."""
    with serving(folder, {"REQUIRE_IF_MATCH": "true"}) as server:
        location = ask(server, "POST", json=ITEM).headers["location"]
        return ask(server, "PUT", location, json=ITEM)


def unserved(folder: Path) -> httpx.Response:
    """A list that no index serves, where one is demanded."""
    with serving(folder, {"QUERY_REQUIRE_INDEX": "true"}) as server:
        return ask(server, "GET", f"{ITEMS}?name=a")


def misspelt(folder: Path) -> httpx.Response:
    """A parameter that there is not."""
    with serving(folder) as server:
        return ask(server, "GET", f"{ITEMS}?nmae=a")


def referred_to(folder: Path) -> httpx.Response:
    """A record that another one refers to, and that stays as long as it does."""
    variables = {
        "RESOURCES": "tests.support.library:AUTHORS,tests.support.library:BOOKS",
        "PYTHONPATH": str(ROOT),
    }
    with serving(folder, variables) as server:
        author = ask(server, "POST", "/api/v1/authors", json={"name": "Ada"})
        ask(server, "POST", "/api/v1/volumes", json={"title": "Notes", "author": author.json()["id"]})
        return ask(server, "DELETE", author.headers["location"])


SYMPTOMS: dict[Callable[[Path], httpx.Response], tuple[int, str]] = {
    limited: (429, "Too many requests"),
    without_token: (401, "Authentication required"),
    without_store: (503, "Database connection error"),
    overloaded: (503, "Service is overloaded"),
    too_large: (413, ""),
    too_slow: (408, ""),
    changed_before: (412, ""),
    unconditional: (428, ""),
    unserved: (422, "costs too much"),
    misspelt: (400, "Parameter is unknown"),
    referred_to: (409, "Other records refer to this one"),
}
"""What brings each about, the status, and the message where the page or the contract has it."""


@pytest.mark.parametrize("bring_about", SYMPTOMS, ids=lambda each: each.__name__)
def test_what_clients_complain_of_is_what_the_page_says(
    tmp_path: Path, bring_about: Callable[[Path], httpx.Response]
) -> None:
    """Its status is in the table, its message where two have the same."""
    status, message = SYMPTOMS[bring_about]
    answer = bring_about(tmp_path)
    assert status == answer.status_code
    assert message in answer.json()["message"]
    row = rf"^\| [0-9, ]*{status}\b" + (f" `{message}`" if status == 503 else "")
    assert re.search(row, PAGE, re.MULTILINE)


def test_the_table_has_no_other_status() -> None:
    """But 500, a defect, which nothing here may bring about."""
    rows = re.findall(r"^\| ([0-9]{3}(?:, [0-9]{3})*)\b", PAGE, re.MULTILINE)
    reported = {int(status) for row in rows for status in row.split(", ")}
    assert {status for status, _ in SYMPTOMS.values()} | {500} == reported
