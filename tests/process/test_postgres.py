"""PostgreSQL behind a real service: what is said at the start, and what outages of it do under load."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from statistics import quantiles
from typing import NamedTuple

import pytest

from tests.support.creates import ITEMS
from tests.support.http import get, post
from tests.support.load import Load, creating_items, load_on, reading
from tests.support.process import (
    HOST,
    NOT_READY,
    READY,
    Server,
    environment_of,
    free_port,
    serving,
    started,
    until,
)
from tests.support.servers import shared
from tests.support.servers.postgres import GUARDED_USER, Postgres
from tests.support.servers.relay import Relay, relay_to

CLIENTS = 8
SOAK = os.environ.get("ESTUARY_TEST_SOAK") == "1"
ROUNDS = 20 if SOAK else 3
OUTAGE_SECONDS = 10.0 if SOAK else 0.0
TIMEOUT_SECONDS = 1
SOON = {"DATABASE_TIMEOUT_SECONDS": str(TIMEOUT_SECONDS)}
SLACK_SECONDS = 0.5
"""What a busy machine adds to a bound. Only a soak looks at times: it has the machine to itself."""


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    """The server, with an empty database."""
    server = shared.postgres()
    server.empty()
    yield server
    server.end_sessions()


def estuary(directory: Path, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    """The command, under way."""
    return subprocess.Popen(
        [sys.executable, "-m", "estuary", *arguments],
        cwd=directory,
        env=environment_of(variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def outcome(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Its exit code, and what it said on both streams."""
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def readiness(server: Server) -> str:
    """What the probe says: "ready", or the reason why not."""
    document = json.loads(get(server, "/health/ready").body)
    return str(document.get("reason", document["status"]))


@pytest.mark.parametrize(
    ("url_of", "message"),
    [
        (lambda server: server.url_of("nowhere"), "has no database nowhere: create it, or name"),
        (lambda server: server.url_of("estuary", user="nobody"), "refuses the password of user nobody"),
        (
            lambda server: server.url_of("estuary", user=f"{GUARDED_USER}:wrong"),
            "refuses the password of user guarded: correct it in DATABASE_URL",
        ),
        (lambda server: f"{server.url}?sslmode=require", "see sslmode and sslrootcert in DATABASE_URL"),
        (lambda server: f"{server.url}?sslmode=verify-full&sslrootcert=/no/ca.pem", "/no/ca.pem"),
    ],
    ids=["database", "user", "password", "tls", "root certificate"],
)
@pytest.mark.parametrize("command", ["serve", "check", "migrate"])
def test_a_server_that_cannot_be_used_is_named(
    tmp_path: Path, postgres: Postgres, url_of: Callable[[Postgres], str], message: str, command: str
) -> None:
    """Exit 1, with a line that says what to do and repeats no password."""
    code, out, err = outcome(estuary(tmp_path, command, DATABASE_URL=url_of(postgres), **SOON))
    assert 1 == code
    assert message in out + err
    assert "Traceback" not in out + err
    assert "wrong" not in out + err


@pytest.mark.parametrize(
    ("url", "reported"),
    [
        (f"postgres://{HOST}:{free_port()}/estuary", "cannot be reached"),
        ("postgres://no.such.host.invalid/estuary", "no such host is known; correct it"),
    ],
    ids=["port", "host"],
)
def test_a_server_that_is_not_there_is_named(tmp_path: Path, url: str, reported: str) -> None:
    """A command ends with exit 1 and a line that says what to do; a service waits, and logs that line."""
    for command in ("check", "migrate"):
        code, out, err = outcome(estuary(tmp_path, command, DATABASE_URL=url, **SOON))
        assert (1, True) == (code, reported in out + err)
        assert "Traceback" not in out + err
    with serving(tmp_path, {"DATABASE_URL": url, **SOON}, message=NOT_READY) as server:
        assert reported in server.record(NOT_READY)["reason"]
        assert "database_unavailable" == readiness(server)
        assert 0 == server.stop()


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("CREATE TABLE items (id int)", "Table items was not made by Estuary: rename it, or use another"),
        ("CREATE TABLE _estuary_totals (n int)", "Table _estuary_totals was not made by Estuary"),
        (
            "CREATE TABLE _estuary_totals (n int); "  # noqa: ISC004
            "COMMENT ON TABLE _estuary_totals IS 'Estuary, layout 99'",
            "The database has layout 99, made by a newer Estuary than this one",
        ),
    ],
    ids=["items", "totals", "newer"],
)
def test_tables_of_others_are_left_alone(
    tmp_path: Path, postgres: Postgres, sql: str, message: str
) -> None:
    """Exit 1, said which table and why, and nothing was made beside it."""
    postgres.execute(sql, user="estuary")
    before = postgres.execute("SELECT count(*) FROM pg_class")
    for command in ("serve", "migrate"):
        code, out, err = outcome(estuary(tmp_path, command, DATABASE_URL=postgres.url))
        assert 1 == code
        assert message in out + err
    assert before == postgres.execute("SELECT count(*) FROM pg_class")


def test_production_serves_once_it_is_migrated(tmp_path: Path, postgres: Postgres) -> None:
    """Until then the probe says why it is not ready, and nothing is made; then no restart is needed."""
    variables = {"DATABASE_URL": postgres.url, "DATABASE_MIGRATE": "check"}
    with serving(tmp_path, variables, message=NOT_READY) as server:
        assert "not_migrated" == readiness(server)
        assert 200 == get(server, "/health/live").status
        assert 503 == post(server, ITEMS, b'{"name":"early"}').status
        code, plan, _ = outcome(estuary(tmp_path, "migrate", "--plan", DATABASE_URL=postgres.url))
        assert (0, True) == (code, "CREATE TABLE items (" in plan)
        assert "not_migrated" == readiness(server)
        migrating = [estuary(tmp_path, "migrate", DATABASE_URL=postgres.url) for _ in range(3)]
        reported = [outcome(each) for each in migrating]
        assert [0, 0, 0] == [code for code, _, _ in reported]
        assert 2 == sum("nothing to migrate" in out for _, out, _ in reported)
        server.wait_until_ready()
        assert "ready" == readiness(server)
        assert 201 == post(server, ITEMS, b'{"name":"in time"}').status
        assert 0 == server.stop()


def test_three_replicas_start_at_once_on_a_new_database(tmp_path: Path, postgres: Postgres) -> None:
    """One makes the tables, and all of them serve the same records."""
    with ExitStack() as stack:
        servers = [stack.enter_context(started(tmp_path, {"DATABASE_URL": postgres.url})) for _ in range(3)]
        for server in servers:
            server.wait_until_ready()
            assert 201 == post(server, ITEMS, b'{"name":"boat"}').status
        totals = [json.loads(get(server, ITEMS).body)["total"] for server in servers]
    assert [3, 3, 3] == totals


class Site(NamedTuple):
    """The server, and what stands before it."""

    postgres: Postgres
    relay: Relay


@contextmanager
def stopped(site: Site) -> Iterator[None]:
    """The server is away."""
    site.postgres.stop()
    try:
        yield
    finally:
        site.postgres.start()


@contextmanager
def demoted(site: Site) -> Iterator[None]:
    """The server takes no writes."""
    site.postgres.set("default_transaction_read_only", "on")
    try:
        yield
    finally:
        site.postgres.set("default_transaction_read_only", "off")


def hung(site: Site) -> AbstractContextManager[None]:
    """The server answers nothing."""
    return site.postgres.frozen()


def reset(site: Site) -> AbstractContextManager[None]:
    """The network breaks off every connection."""
    return site.relay.resetting()


@pytest.mark.parametrize("outage", [stopped, hung, reset, demoted])
def test_a_server_that_is_away_at_the_start_is_waited_for(
    tmp_path: Path, postgres: Postgres, outage: Callable[[Site], AbstractContextManager[None]]
) -> None:
    """Alive, not ready and said why; ready by itself once the server is, and not before."""
    with relay_to(postgres.port) as relay, ExitStack() as stack:
        variables = {"DATABASE_URL": through(relay, postgres), "WORKERS": "2", **SOON}
        with outage(Site(postgres, relay)):
            server = stack.enter_context(serving(tmp_path, variables, message=NOT_READY))
            assert "database_unavailable" == readiness(server)
            assert 200 == get(server, "/health/live").status
            assert 503 == post(server, ITEMS, b'{"name":"early"}').status
            assert [] == [record for record in server.records() if record["message"] == READY]
        server.wait_until_ready()
        assert "ready" == readiness(server)
        assert 201 == post(server, ITEMS, b'{"name":"in time"}').status
        assert 0 == server.stop()


@pytest.mark.parametrize("outage", [stopped, hung, reset, demoted])
def test_an_outage_under_load_is_503_and_passes(
    tmp_path: Path, postgres: Postgres, outage: Callable[[Site], AbstractContextManager[None]]
) -> None:
    """No other error than 503, no request without an answer, the probes tell, and no restart is needed."""
    with (
        relay_to(postgres.port) as relay,
        serving(tmp_path, {"DATABASE_URL": through(relay, postgres), **SOON}) as server,
    ):
        with (
            load_on(server, creating_items(), CLIENTS) as writes,
            load_on(server, reading(ITEMS), 2) as reads,
            load_on(server, reading("/health/live"), 1) as lives,
        ):
            until(lambda: writes.statuses[201] > 20 and reads.statuses[200] > 20)
            with outage(Site(postgres, relay)):
                begun = time.monotonic()
                until_soon(lambda: readiness(server) == "database_unavailable")
                until(lambda: writes.statuses[503] > 20 and time.monotonic() - begun > OUTAGE_SECONDS)
            until_soon(lambda: readiness(server) == "ready")
            before = writes.statuses[201], reads.statuses[200]
            until(lambda: writes.statuses[201] > before[0] + 20 and reads.statuses[200] > before[1] + 20)
        assert {201, 503} == set(writes.statuses)
        assert {200, 503} >= set(reads.statuses)
        assert {200} == set(lives.statuses)
        assert 0 == writes.unanswered + reads.unanswered + lives.unanswered
        if SOAK:
            assert quantiles(writes.seconds + reads.seconds, n=100)[-1] <= TIMEOUT_SECONDS + SLACK_SECONDS
        assert 0 == server.stop()


def through(relay: Relay, postgres: Postgres) -> str:
    """The server's URL, by way of the relay."""
    return postgres.url.replace(f":{postgres.port}/", f":{relay.port}/")


def until_soon(condition: Callable[[], bool]) -> None:
    """Return when it holds; in a soak, that is within two seconds."""
    begun = time.monotonic()
    until(condition)
    assert not SOAK or time.monotonic() - begun <= 2 + SLACK_SECONDS


def ids(load: Load) -> list[str]:
    """The items that clients were told they had made."""
    return [json.loads(answer.body)["id"] for answer in load.answers if answer.status == 201]


def test_no_acknowledged_write_is_lost_to_crashes_of_the_server(tmp_path: Path, postgres: Postgres) -> None:
    """Each crash under load costs 503s alone; what was acknowledged is there once, and totals are exact."""
    with serving(tmp_path, {"DATABASE_URL": postgres.url, **SOON}) as server:
        with load_on(server, creating_items(), CLIENTS) as writes:
            for _ in range(ROUNDS):
                goal = writes.statuses[201] + 50
                until(lambda goal=goal: writes.statuses[201] > goal)  # type: ignore[misc]  # bound at once
                postgres.stop_at_once()
                postgres.start()
        until(lambda: readiness(server) == "ready")
        total = json.loads(get(server, ITEMS).body)["total"]
        assert 0 == server.stop()
    kept = postgres.execute("SELECT id FROM items").split()
    assert {201, 503} >= set(writes.statuses)
    assert 0 == writes.unanswered
    assert len(kept) == len(set(kept)) == total
    assert set(ids(writes)) <= set(kept)
