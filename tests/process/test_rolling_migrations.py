"""`estuary migrate` while a release serves, and one that is killed: nobody meets half of it."""

import http.client
import itertools
import json
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import pytest

from tests.support.http import get, post
from tests.support.process import HOST, TIMEOUT_SECONDS, Server, environment_of, serving, until
from tests.support.servers import shared

PARTS = "/api/v1/parts"
DECLARED = """\
from typing import Annotated
from estuary import Index, Ref, Resource, Unique, Was
from msgspec import Meta, Struct

class Maker(Struct, frozen=True):
    name: str

class Part(Struct, frozen=True, kw_only=True):
    name: Annotated[str, Meta(max_length=20)]
    {amount}
    maker: {maker} | None = None
    {more}

MAKERS = Resource("makers", Maker)
PARTS = Resource("parts", Part)
"""


class Release:
    """A folder with a declaration, which serves and migrates the database at `url`."""

    def __init__(self, folder: Path, url: str, amount: str = "amount: int = 0", **reported: str) -> None:
        folder.mkdir()
        text = DECLARED.format(amount=amount, **{"maker": "str", "more": "", **reported})
        (folder / "shop.py").write_text(text)
        self._folder = folder
        self._variables = {
            "RESOURCES": "shop",
            "PYTHONPATH": str(folder),
            "PYTHONDONTWRITEBYTECODE": "1",
            "DATABASE_URL": url,
            "DATABASE_MIGRATE": "check",
        }

    def serving(self) -> Any:
        """A server of this release, which waits until the database fits."""
        return serving(self._folder, self._variables)

    def migrate(self, *arguments: str) -> str:
        """Run `estuary migrate` to its end; what it says."""
        with self.migrating(*arguments) as process:
            reported, complaint = process.communicate(timeout=TIMEOUT_SECONDS)
        assert 0 == process.returncode, complaint
        return reported

    @contextmanager
    def migrating(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """`estuary migrate` while it runs."""
        with subprocess.Popen(
            [sys.executable, "-m", "estuary", "migrate", *arguments],
            cwd=self._folder,
            env=environment_of(self._variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'shop.db'}"
    shared.postgres().empty()
    return shared.postgres().url


class Client(threading.Thread):
    """Creates and reads parts until it is told to stop; notes every answer that is another than wanted."""

    def __init__(self, server: Server) -> None:
        super().__init__(daemon=True)
        self._port = server.port
        self.created: list[str] = []
        self.failures: list[Any] = []
        self._enough = threading.Event()

    def run(self) -> None:
        """One part after the other, over one connection."""
        with closing(http.client.HTTPConnection(HOST, self._port, timeout=TIMEOUT_SECONDS)) as connection:
            for number in itertools.count():
                if self._enough.is_set():
                    return
                created = self._ask(connection, "POST", PARTS, {"name": f"part {number}"}, 201)
                self.created.append(str(created.get("id")))
                self._ask(connection, "GET", f"{PARTS}/{created.get('id')}", None, 200)

    def has_created(self, more: int) -> None:
        """Return when there are so many more."""
        least = len(self.created) + more
        until(lambda: len(self.created) >= least)

    def stop(self) -> None:
        """No more requests."""
        self._enough.set()
        self.join()

    def _ask(
        self, connection: http.client.HTTPConnection, method: str, path: str, body: Any, wanted: int
    ) -> dict[str, Any]:
        content = None if body is None else json.dumps(body)
        connection.request(method, path, content, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != wanted:
            self.failures.append((method, answer.status, text))
        found: dict[str, Any] = json.loads(text)
        return found


@contextmanager
def client_of(server: Server) -> Iterator[Client]:
    """A client that asks meanwhile."""
    client = Client(server)
    client.start()
    try:
        yield client
    finally:
        client.stop()


def test_two_releases_serve_while_the_next_one_migrates(tmp_path: Path, url: str) -> None:
    """Fields, indexes, unique keys and references come: no request of either release fails."""
    old = Release(tmp_path / "old", url)
    new = Release(
        tmp_path / "new",
        url,
        amount="amount: Annotated[int, Index] = 0",
        maker='Annotated[str, Ref("makers")]',
        more='code: Annotated[str, Unique, Meta(max_length=20)] | None = None\n    colour: str = "red"',
    )
    old.migrate()
    with old.serving() as before, client_of(before) as one:
        one.has_created(20)
        assert "Not safe" not in new.migrate("--plan")
        new.migrate()
        with new.serving() as after, client_of(after) as other:
            one.has_created(20)
            other.has_created(20)
            orphan = post(before, PARTS, b'{"name":"x","maker":"00000000-0000-7000-8000-000000000000"}')
            assert (422, True) == (orphan.status, b'"code":"reference"' in orphan.body)
            other.stop()
            one.stop()
            total = json.loads(get(after, f"{PARTS}?limit=1").body)["total"]
            assert ([], [], total) == (one.failures, other.failures, len({*one.created, *other.created}))


def test_a_rename_tells_that_the_release_before_cannot_go_on(tmp_path: Path) -> None:
    """It answers 503 from then on; the new one has what the old one wrote."""
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    old = Release(tmp_path / "old", url)
    new = Release(tmp_path / "new", url, amount='stock: Annotated[int, Was("amount")] = 0')
    old.migrate()
    with old.serving() as before:
        assert 201 == post(before, PARTS, b'{"name":"bolt","amount":7}').status
        message = 'Not safe beside the release before, stop it first: column "amount" becomes "stock"'
        assert message in new.migrate("--plan")
        assert 200 == get(before, PARTS).status
        new.migrate()
        with new.serving() as after:
            refused = post(before, PARTS, b'{"name":"nut","amount":8}')
            assert (503, True) == (refused.status, b'"DATABASE_ERROR"' in refused.body)
            assert b'"stock":7' in get(after, PARTS).body
    assert "nothing to migrate" in new.migrate()


def changed(tmp_path: Path, url: str) -> tuple[Release, Release]:
    """A release with a record in its tables, and one that renames a field and has a reference."""
    old = Release(tmp_path / "old", url)
    new = Release(
        tmp_path / "new",
        url,
        amount='stock: Annotated[int, Was("amount"), Index, Meta(ge=0)] = 0',
        maker='Annotated[str, Ref("makers")]',
    )
    old.migrate()
    with old.serving() as server:
        assert 201 == post(server, PARTS, b'{"name":"bolt","amount":7}').status
    return old, new


def kill(process: subprocess.Popen[str]) -> None:
    """End a process that is still at work as the kernel does when memory runs out."""
    assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()


def totals(release: Release) -> tuple[int, int]:
    """How many parts there are, and how many have the amount that the first had."""
    with release.serving() as server:
        reported = (
            get(server, f"{PARTS}?limit=1").body,
            get(server, f"{PARTS}?stock=7&limit=1&count=exact").body,
        )
    found = [json.loads(each).get("total", 0) for each in reported]
    return found[0], found[1]


def test_a_copy_of_a_table_that_is_killed_never_was(tmp_path: Path) -> None:
    """SQLite has parts of it in the log: the release before goes on, the next run makes all of it."""
    path = tmp_path / "shop.db"
    old, new = changed(tmp_path, f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(_MORE)
        connection.commit()
    log = path.with_name("shop.db-wal")
    with new.migrating() as process:
        until(lambda: log.exists() and log.stat().st_size > 1 << 20)
        kill(process)
    with old.serving() as server:
        assert 201 == post(server, PARTS, b'{"name":"nut","amount":7}').status
    assert "migrated the store" in new.migrate()
    assert (_NUMBER + 2, 2) == totals(new)
    assert "nothing to migrate" in new.migrate()


_NUMBER = 40_000
_MORE = f"""
WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {_NUMBER})
INSERT INTO parts (id, version, created_at, updated_at, name, amount)
SELECT printf('01990000-0000-7000-8000-%012d', n), 1, n, n, 'part ' || n, 1 FROM number"""  # noqa: S608 (a number)


@pytest.mark.parametrize(
    ("others", "shown"),
    [
        ("BEGIN; LOCK TABLE makers IN SHARE MODE", "amount"),
        ("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class", "stock"),
    ],
    ids=["in its transaction", "while it makes an index"],
)
async def test_a_migration_of_a_server_that_is_killed_is_ended_by_the_next(
    tmp_path: Path, others: str, shown: str
) -> None:
    """In its transaction nothing is done; behind it, an index that is not whole is made again."""
    server = shared.postgres()
    server.empty()
    _, new = changed(tmp_path, server.url)
    # Another transaction, for which the migration has to wait.
    holder = await asyncpg.connect(server.url)
    await holder.execute(others)
    with new.migrating() as process:
        until(lambda: server.execute(_WAITING) == "1")
        kill(process)
    holder.terminate()
    server.end_sessions()
    assert shown in server.execute(_COLUMNS).split()
    new.migrate()
    assert (1, 1) == totals(new)
    assert "nothing to migrate" in new.migrate()


_WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ '^(ALTER|CREATE)'"
)
_COLUMNS = "SELECT string_agg(attname, ' ') FROM pg_attribute WHERE attrelid = 'parts'::regclass"
