"""`estuary dev`: a saved file is served by a new process, a broken one leaves the last good one."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from tests.support.process import HOST, TIMEOUT_SECONDS, Server, environment_of, free_port, until

SHOP = """
from estuary import {names}
from msgspec import Struct

class Book(Struct, frozen=True):
    pages: int = {pages}

BOOKS = Resource("books", Book{more})
"""
COMMAND = (sys.executable, "-m", "estuary", "dev", "--port")
SAVES = 50


def save(folder: Path, pages: object, *, names: str = "Resource", more: str = "") -> None:
    """Write the module anew, as an editor does."""
    written = folder / "shop.tmp"
    written.write_text(SHOP.format(names=names, pages=pages, more=more))
    written.replace(folder / "shop.py")


@contextmanager
def developing(folder: Path, toml: str = "", port: int | None = None) -> Iterator[Server]:
    """`estuary dev` of the module `shop`, once it has told its addresses."""
    (folder / "estuary.toml").write_text(f'resources = "shop"\n{toml}')
    around = environment_of({"DATABASE_URL": "sqlite:///records.db"})
    variables = {name: around[name] for name in around if name in ("PATH", "PYTHONPATH")}
    port = port or free_port()
    process = subprocess.Popen(
        [*COMMAND, str(port)],
        cwd=folder,
        env=variables,
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    server = Server.of(process, port)
    try:
        line = server.out.wait_for(lambda line: "/api/v1/books" in line and "http" in line)
        assert line is not None, server.err.text
        server.port = int(line.partition("/api")[0].rpartition(":")[2])
        yield server
    finally:
        server.destroy()


def default_pages(server: Server) -> object:
    """What a new record gets that says nothing of its pages."""
    answer = httpx.post(f"{server.origin}/api/v1/books", json={}, timeout=TIMEOUT_SECONDS)
    return answer.json()["pages"]


def sockets_of(server: Server) -> int:
    """The open sockets and files of the process that holds the port."""
    return psutil.Process(server.pid).num_fds()


def test_a_saved_file_is_served_and_a_broken_one_is_told(tmp_path: Path) -> None:
    """The error has the module's own line; requests go on being answered as before; then mended, anew."""
    save(tmp_path, 1)
    with developing(tmp_path) as server:
        assert 1 == default_pages(server)
        save(tmp_path, 2)
        assert server.out.wait_for(lambda line: "reloaded in" in line and "shop.py" in line)
        assert 2 == default_pages(server)
        save(tmp_path, "2 +")
        reported = server.err.wait_for(lambda line: "RESOURCES" in line)
        assert reported is not None
        assert f"invalid syntax in {tmp_path / 'shop.py'}, line 6: 'pages: int = 2 +'" in reported
        assert 2 == default_pages(server)
        save(tmp_path, 3)
        until(lambda: default_pages(server) == 3)


def test_the_pages_are_on_and_it_is_reached_from_this_machine_alone(tmp_path: Path) -> None:
    """Every address that is told leads somewhere; HOST is 127.0.0.1 whatever the project says."""
    save(tmp_path, 1)
    with developing(tmp_path, 'host = "0.0.0.0"\nconsole = "off"\n') as server:
        addresses = re.findall(r"http://\S+", "\n".join(server.out.lines))
        answers = [httpx.get(each, timeout=TIMEOUT_SECONDS, follow_redirects=True) for each in addresses]
        assert [200, 200, 200] == [answer.status_code for answer in answers]
        held = psutil.Process(server.pid).net_connections()
        assert [HOST] == [each.laddr.ip for each in held if each.status == psutil.CONN_LISTEN]


def test_fifty_saves_leave_nothing_behind(tmp_path: Path) -> None:
    """Broken ones among them, faster than they can be served: no process, no socket, no failed request."""
    save(tmp_path, 0)
    with developing(tmp_path, "rate_limit_enabled = false\n") as server:
        until(lambda: default_pages(server) == 0)
        sockets, processes = sockets_of(server), len(server.workers)
        with httpx.Client(base_url=server.origin, headers={"Connection": "close"}, timeout=30) as client:
            for number in range(1, SAVES + 1):
                save(tmp_path, number if number % 5 else "1 +")
                statuses = {client.post("/api/v1/books", json={}).status_code for _ in range(5)}
                assert {201} == statuses
        save(tmp_path, SAVES + 1)
        until(lambda: default_pages(server) == SAVES + 1)
        # There may be fewer: at the start it may have had a module open that it was importing.
        until(lambda: sockets_of(server) <= sockets and len(server.workers) == processes)
        server.send_to_all(signal.SIGINT)
        assert 0 == server.wait()
        server.wait_until_gone()
        with pytest.raises(httpx.ConnectError):
            default_pages(server)


def test_the_next_port_is_taken_and_said(tmp_path: Path) -> None:
    """Where another program has the one that is wanted."""
    save(tmp_path, 1)
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        with developing(tmp_path, port=port) as server:
            assert port < server.port
            message = f"estuary: port {port} is in use by another program: {server.port} is taken instead"
            assert server.err.wait_for(lambda line: line == message)


def test_a_token_for_trials_opens_what_access_rules_close(tmp_path: Path) -> None:
    """With authentication on and no issuer; its key stays, so that the token does."""
    rules = ', access=Access(read=PUBLIC, create=Role("editor"))'
    save(tmp_path, 1, names="PUBLIC, Access, Resource, Role", more=rules)
    toml = 'auth_enabled = true\nauth_roles_claim = "realm_access.roles"\nauth_owner_claim = "tenant"\n'
    with developing(tmp_path, toml) as server:
        token = server.out.wait_for(lambda line: line.startswith("  ey"))
        assert token is not None
        headers = {"Authorization": f"Bearer {token.strip()}"}
        place = f"{server.origin}/api/v1/books"
        assert 401 == httpx.post(place, json={}, timeout=TIMEOUT_SECONDS).status_code
        assert 201 == httpx.post(place, json={}, headers=headers, timeout=TIMEOUT_SECONDS).status_code
        save(tmp_path, 2, names="PUBLIC, Access, Resource, Role", more=rules)
        assert server.out.wait_for(lambda line: "reloaded in" in line)
        assert 1 == sum(line.startswith("  ey") for line in server.out.lines)
    keys = tmp_path / ".estuary" / "trial-keys.json"
    assert 0o600 == keys.stat().st_mode & 0o777
    assert ["keys"] == list(json.loads(keys.read_text()))


def test_a_version_that_would_lose_data_is_told(tmp_path: Path) -> None:
    """With what to do, each field on its own line; the one before goes on."""
    save(tmp_path, 1)
    with developing(tmp_path) as server:
        assert 1 == default_pages(server)
        other = SHOP.format(names="Resource", pages='"1"', more="").replace("int", "str")
        (tmp_path / "shop.py").write_text(other.replace("    pages", "    shelf: str\n    pages"))
        assert server.err.wait_for(lambda line: "field shelf is new, required" in line)
        assert server.err.wait_for(lambda line: line.startswith("Table books: field pages is of type"))
        assert server.err.wait_for(lambda line: "the version before goes on answering" in line)
        assert 1 == default_pages(server)


def test_a_module_that_waits_for_ever_is_told_and_outlives_nothing(tmp_path: Path) -> None:
    """It is superseded by the next save, and ends with `estuary dev`, however that ends."""
    waits = "import time\nopen('began', 'w')\nwhile True:\n    time.sleep(60)\n"
    save(tmp_path, 1)
    with developing(tmp_path) as server:
        (tmp_path / "shop.py").write_text(waits)
        assert server.err.wait_for(lambda line: "shop.py is still being imported" in line)
        assert 1 == default_pages(server)
        save(tmp_path, 2)
        until(lambda: default_pages(server) == 2)
        (tmp_path / "began").unlink()
        (tmp_path / "shop.py").write_text(waits)
        until((tmp_path / "began").exists)
        os.kill(server.pid, signal.SIGKILL)
        server.wait()
        server.wait_until_gone()


@pytest.mark.parametrize(
    ("toml", "code", "message"),
    [
        ('app_profile = "production"', 2, "estuary dev is for one's own machine"),
        ('port = "many"', 2, "port must be a whole number"),
    ],
)
def test_a_configuration_that_cannot_be_used_ends_it(
    tmp_path: Path, toml: str, code: int, message: str
) -> None:
    """At the start, as everywhere."""
    (tmp_path / "estuary.toml").write_text(toml)
    done = subprocess.run(
        COMMAND[:-1],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
        env={},
    )
    assert code == done.returncode
    assert message in done.stderr
