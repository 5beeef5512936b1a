"""API keys from the command to every replica: made, rotated, revoked, and without their store."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.support.command import estuary
from tests.support.creates import ITEMS
from tests.support.fleet import Fleet, fleet
from tests.support.http import Answer, Connection, request
from tests.support.process import HOST, Server, serving, until
from tests.support.servers import shared
from tests.support.servers.postgres import Postgres

ON = {"AUTH_ENABLED": "true", "KEYS_ENABLED": "true", "AUTH_FAILURE_LIMIT": "0"}
MOST_SECONDS = 10.0
"""What is promised: after it no revoked key is served, and none at all without the store."""


def asked(server: Server, key: str, path: str = ITEMS) -> Answer:
    """What the server answers to a read with `key`."""
    head = request("GET", path)[:-2] + f"Authorization: Bearer {key}\r\n\r\n".encode()
    with Connection(server) as connection:
        connection.send(head)
        return connection.receive()


def created(folder: Path, variables: dict[str, str], *arguments: str) -> str:
    """A new key that may read and write items."""
    scopes = ("--scope", "items:read", "--scope", "items:write")
    made = estuary(folder, "keys", "create", "test", *scopes, *arguments, **variables)
    assert (0, 1) == (made.returncode, made.stdout.count("\n")), made.stderr
    return made.stdout.strip()


def id_of(key: str) -> str:
    """The id of a key."""
    return key.split("_")[1]


def test_the_command_makes_rotates_lists_and_revokes(tmp_path: Path) -> None:
    """A key alone on standard output; JSON where asked for; what it was, listed without its secret."""
    variables = {**ON, "DATABASE_URL": f"sqlite:///{tmp_path}/estuary.db"}
    key = created(tmp_path, variables)
    rotated = estuary(tmp_path, "keys", "rotate", id_of(key), "--format", "json", **variables)
    document = json.loads(rotated.stdout)
    assert (0, id_of(key), "active") == (rotated.returncode, document["id"], document["state"])
    assert document["key"] != key
    listed = estuary(tmp_path, "keys", "list", **variables)
    assert (0, True, False) == (
        listed.returncode,
        id_of(key) in listed.stdout,
        key.split("_")[2] in listed.stdout,
    )
    assert 0 == estuary(tmp_path, "keys", "revoke", id_of(key), **variables).returncode
    (only,) = json.loads(estuary(tmp_path, "keys", "list", "--format", "json", **variables).stdout)
    assert ("revoked", None) == (only["state"], only["last_used_at"])
    late = estuary(tmp_path, "keys", "rotate", id_of(key), **variables)
    assert (1, "") == (late.returncode, late.stdout)
    assert f"{id_of(key)} is revoked" in late.stderr


@pytest.mark.parametrize(
    ("arguments", "variables", "code", "message"),
    [
        (["list"], {"DATABASE_TYPE": "memory"}, 1, "name a store that lasts"),
        (["list"], {}, 1, "there is no database at"),
        (["create", "x"], {}, 2, "it would grant nothing"),
        (["create", "", "--scope", "a"], {}, 2, "Name must be between 1 and 100 characters"),
        (["create", "x", "--scope", "a b"], {}, 2, "Scopes must be"),
        (["create", "x", "--expires-days", "0"], {}, 2, "is not a whole number of days from 1 to 3650"),
        (["create", "x", "--scope", "a"], {"AUTH_OWNER_CLAIM": "sub"}, 2, "--all-owners"),
        (["revoke"], {}, 2, "name the ids of keys, or say --all"),
        ([], {}, 2, "the following arguments are required: PART"),
    ],
)
def test_what_the_command_refuses(
    tmp_path: Path, arguments: list[str], variables: dict[str, str], code: int, message: str
) -> None:
    """With the exit codes of every command, and nothing on standard output."""
    usual = {**ON, "AUTH_ISSUER": "https://issuer.test"}
    if "DATABASE_TYPE" not in variables:
        usual["DATABASE_URL"] = f"sqlite:///{tmp_path}/estuary.db"
    refused = estuary(tmp_path, "keys", *arguments, **usual, **variables)
    assert (code, "") == (refused.returncode, refused.stdout)
    assert message in refused.stderr


def test_keys_are_in_no_backup_and_a_restore_revokes_them(tmp_path: Path) -> None:
    """And the checklist warns of one that never expires."""
    variables = {**ON, "DATABASE_URL": f"sqlite:///{tmp_path}/estuary.db"}
    key = created(tmp_path, variables, "--no-expiry")
    checked = estuary(tmp_path, "check", "--deploy", "--format", "json", **variables)
    (line,) = [each for each in json.loads(checked.stdout)["checks"] if each["name"] == "keys"]
    assert ("warn", f"these never expire: {id_of(key)}") == (line["status"], line["reason"])
    backup = tmp_path / "records.backup"
    assert 0 == estuary(tmp_path, "backup", str(backup), **variables).returncode
    restored = estuary(tmp_path, "restore", str(backup), "--replace", **variables)
    assert (0, True) == (restored.returncode, "1 API keys were revoked" in restored.stderr)
    (only,) = json.loads(estuary(tmp_path, "keys", "list", "--format", "json", **variables).stdout)
    assert "revoked" == only["state"]


@contextmanager
def sqlite(folder: Path) -> Iterator[dict[str, str]]:
    """One file."""
    yield {"DATABASE_URL": f"sqlite:///{folder}/estuary.db"}


@contextmanager
def postgres_and_redis(_: Path) -> Iterator[dict[str, str]]:
    """A server, and Redis for the cache."""
    server = shared.postgres()
    server.empty()
    redis = f"redis://{HOST}:{shared.redis().port}/0"
    yield {"DATABASE_URL": server.url_of("estuary"), "REDIS_URL": redis, "CACHE_TYPE": "redis"}


@pytest.mark.parametrize("make", [sqlite, postgres_and_redis], ids=lambda make: make.__name__)
def test_a_key_is_honoured_by_every_replica_until_it_is_revoked(
    tmp_path: Path, make: Callable[[Path], AbstractContextManager[dict[str, str]]]
) -> None:
    """New ones at once; revoked and rotated ones nowhere 10 s later, with Redis and without."""
    with make(tmp_path) as chosen:
        variables = {**ON, **chosen}
        with fleet(tmp_path, variables) as replicas:
            key, other = created(tmp_path, variables), created(tmp_path, variables)
            for server in replicas.replicas:
                assert [200, 200] == [asked(server, each).status for each in (key, other)]
            assert 0 == estuary(tmp_path, "keys", "revoke", id_of(key), **variables).returncode
            assert_refused_soon(replicas, key)
            new = estuary(tmp_path, "keys", "rotate", id_of(other), **variables).stdout.strip()
            assert_refused_soon(replicas, other)
            assert [200] * 3 == [asked(server, new).status for server in replicas.replicas]


def assert_refused_soon(replicas: Fleet, key: str) -> None:
    """Once the promised time is over no replica honours `key`; asked until then, each stops before."""
    until(lambda: {401} == {asked(server, key).status for server in replicas.replicas}, MOST_SECONDS)


def test_no_key_is_honoured_without_its_store(tmp_path: Path) -> None:
    """Not even for what a cache holds, 10 s after the store went away; and again once it is back."""
    server = shared.postgres()
    server.empty()
    variables = {**ON, "DATABASE_URL": server.url_of("estuary"), "DATABASE_TIMEOUT_SECONDS": "1"}
    variables["CACHE_TYPE"] = "local"
    with serving(tmp_path, variables) as service:
        key = created(tmp_path, variables)
        item = made(service, key)
        assert 200 == asked(service, key, item).status
        with stopped(server):
            until(lambda: b"Authentication service" in asked(service, key, item).body, MOST_SECONDS)
            assert 503 == asked(service, key, item).status
        until(lambda: asked(service, key, item).status == 200)
        assert 0 == service.stop()


def made(server: Server, key: str) -> str:
    """The path of a new item."""
    body = b'{"name":"boat"}'
    head = request("POST", ITEMS, len(body))[:-2] + f"Authorization: Bearer {key}\r\n\r\n".encode()
    with Connection(server) as connection:
        connection.send(head + body)
        answer = connection.receive()
    assert 201 == answer.status
    return answer.headers["location"]


@contextmanager
def stopped(server: Postgres) -> Iterator[None]:
    """The server is stopped while the block runs."""
    server.stop()
    try:
        yield
    finally:
        server.start()
