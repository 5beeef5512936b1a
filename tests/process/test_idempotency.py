"""Retries over processes: what was written before a crash is replayed after it, and by other replicas."""

import http.client
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.support.http import Connection, get, request
from tests.support.process import HOST, TIMEOUT_SECONDS, Server, serving, until
from tests.support.servers import shared

ITEMS = "/api/v1/items"
CLIENTS = 8
KEYS = 400
CONFLICT = 409
ANSWERED = 100
"""How many requests are answered before the server is killed."""


class Unanswered(Exception):
    """The server was gone before its answer came."""


@pytest.fixture(params=["sqlite", "postgres"])
def variables(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The settings of services on one durable store, which is empty at first."""
    if request.param == "sqlite":
        yield {"DATABASE_URL": f"sqlite:///{tmp_path / 'estuary.db'}"}
        return
    shared.postgres().empty()
    yield {"DATABASE_URL": shared.postgres().url}
    shared.postgres().end_sessions()


def create(server: Server, key: str, name: str) -> tuple[dict[str, Any], bool]:
    """The item that a create with this key answers, and whether it was replayed; raises `Unanswered`.

    As long as another replica is at the key, it asks again.
    """
    connection = http.client.HTTPConnection(HOST, server.port, timeout=TIMEOUT_SECONDS)
    body = msgspec.json.encode({"name": name})
    headers = {"content-type": "application/json", "idempotency-key": key}

    def ask() -> tuple[http.client.HTTPResponse, bytes]:
        connection.request("POST", ITEMS, body, headers)
        response = connection.getresponse()
        return response, response.read()

    try:
        response, reported = ask()
        while response.status == CONFLICT:
            response, reported = ask()
    except (OSError, http.client.HTTPException) as error:
        raise Unanswered from error
    finally:
        connection.close()
    assert 201 == response.status, reported
    return msgspec.json.decode(reported), response.getheader("idempotency-replayed") == "true"


def names(server: Server) -> list[str]:
    """The names of all items."""
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = msgspec.json.decode(get(server, f"{ITEMS}?limit=100&cursor={cursor}").body)
        found += [item["name"] for item in page["items"]]
        cursor = page["next_cursor"]
    return found


def test_a_write_that_was_never_answered_is_replayed(tmp_path: Path, variables: dict[str, str]) -> None:
    """Killed after the commit, before the client read a byte: the retry gets the item made then."""
    body = msgspec.json.encode({"name": "boat"})
    head = request("POST", ITEMS, len(body)).replace(b"\r\n\r\n", b"\r\nIdempotency-Key: boat\r\n\r\n")
    with serving(tmp_path, variables) as server, Connection(server) as connection:
        connection.send(head + body)
        until(lambda: names(server) == ["boat"])
        made = msgspec.json.decode(get(server, ITEMS).body)["items"][0]
        server.send_to_all(signal.SIGKILL)
    with serving(tmp_path, variables) as server:
        assert (made, True) == create(server, "boat", "boat")
        assert ["boat"] == names(server)
        assert 0 == server.stop()


def test_retries_after_a_kill_under_load_make_each_write_once(
    tmp_path: Path, variables: dict[str, str]
) -> None:
    """Every client retries whatever it was told: each item is there once, as it was first answered."""
    answered: dict[int, dict[str, Any]] = {}
    killed = threading.Event()

    def write(number: int) -> None:
        if len(answered) >= ANSWERED and not killed.is_set():
            killed.set()
            server.send_to_all(signal.SIGKILL)
        answered[number] = create(server, f"key {number}", f"item {number}")[0]

    with serving(tmp_path, variables) as server, ThreadPoolExecutor(CLIENTS) as clients:
        failures = [clients.submit(write, number) for number in range(KEYS)]
        unanswered = [each for each in failures if isinstance(each.exception(), Unanswered)]
    assert KEYS == len(answered) + len(unanswered)
    assert ANSWERED <= len(answered) < KEYS
    with serving(tmp_path, variables) as server:
        for number in range(KEYS):
            item, replayed = create(server, f"key {number}", f"item {number}")
            if number in answered:
                assert (answered[number], True) == (item, replayed)
        assert sorted(f"item {number}" for number in range(KEYS)) == sorted(names(server))
        assert 0 == server.stop()


def test_a_retry_at_another_replica_is_replayed(tmp_path: Path, variables: dict[str, str]) -> None:
    """Two services on one file know each other's keys, also of writes that come at the same moment."""
    with serving(tmp_path, variables) as one, serving(tmp_path, variables) as other:
        first, replayed = create(one, "boat", "boat")
        assert (first, True) == create(other, "boat", "boat")
        with ThreadPoolExecutor(CLIENTS) as clients:
            asked = [(number, server) for number in range(40) for server in (one, other)]
            items = list(clients.map(lambda each: create(each[1], f"key {each[0]}", "x"), asked))
        assert (False, 40) == (replayed, sum(not replayed for _, replayed in items))
        assert [one["id"] for one, _ in items[::2]] == [other["id"] for other, _ in items[1::2]]
        assert 41 == len(names(one))
        assert [0, 0] == [one.stop(), other.stop()]
