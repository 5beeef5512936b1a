"""A running service whose database files are deleted or replaced: it says so, and loses no record by it."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec
import pytest

from tests.support.command import estuary as run_estuary
from tests.support.http import Answer, Connection, get
from tests.support.process import Server, serving, until

ITEMS = "/api/v1/items"
VARIABLES = {
    "DATABASE_URL": "sqlite:///data/estuary.db",
    "DATABASE_TIMEOUT_SECONDS": "2",
    "WORKERS": "2",
    "LOG_FILTER": "estuary=info,estuary::access=off",
}
LOST, RECOVERED = "database lost: nothing is read or written", "database in use again"

WRITER = """
import sqlite3, sys, time
while True:
    connection = sqlite3.connect(sys.argv[1], isolation_level=None)
    try:
        connection.execute("UPDATE items SET description = 'theirs'")
    except sqlite3.OperationalError:
        time.sleep(0.001)
    finally:
        connection.close()
"""
"""Another program, which opens the database for each of its writes."""


def post(server: Server, name: str) -> Answer:
    """The answer to a create."""
    body = json.dumps({"name": name}).encode()
    with Connection(server) as connection:
        connection.send(
            f"POST {ITEMS} HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        return connection.receive()


def created(server: Server, count: int) -> set[str]:
    """The ids of so many items whose creation was acknowledged."""
    answers = [post(server, f"item {number}") for number in range(count)]
    assert {201} == {answer.status for answer in answers}
    return {msgspec.json.decode(answer.body)["id"] for answer in answers}


def found(server: Server, ids: set[str]) -> set[str]:
    """Those of `ids` that the service has."""
    return {each for each in ids if get(server, f"{ITEMS}/{each}").status == 200}


def statuses(server: Server) -> tuple[int, int, int]:
    """What a write, a read and the probe for readiness are told."""
    return post(server, "x").status, get(server, ITEMS).status, get(server, "/health/ready").status


def reported(server: Server, message: str) -> list[dict[str, str]]:
    """The log's records with this message."""
    return [each for each in server.records() if each["message"] == message]


def wait_until_recovered(server: Server, times: int = 1) -> None:
    """Return when both workers use the database again."""
    until(lambda: 2 * times == len(reported(server, RECOVERED)))


def estuary(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end on the same database."""
    return run_estuary(directory, *arguments, **VARIABLES)


@contextmanager
def halted(server: Server) -> Iterator[None]:
    """While the block runs, no process of the service does: it notices nothing."""
    server.send_to_all(signal.SIGSTOP)
    try:
        yield
    finally:
        server.send_to_all(signal.SIGCONT)


@pytest.mark.parametrize("lost", [["-wal"], ["-shm"], ["-wal", "-shm"]], ids=" ".join)
def test_no_acknowledged_record_is_lost_with_the_log(tmp_path: Path, lost: list[str]) -> None:
    """Refused while it is gone, in every worker; back by itself; and there after `kill -9` of all."""
    with serving(tmp_path, VARIABLES) as server:
        acknowledged = created(server, 20)
        # As long as another process has the lost files open, they are not made again.
        with closing(sqlite3.connect(tmp_path / "data/estuary.db")) as other:
            assert (20,) == other.execute("SELECT count(*) FROM items").fetchone()
            for suffix in lost:
                (tmp_path / f"data/estuary.db{suffix}").unlink()
            assert (503, 503) == (post(server, "x").status, get(server, "/health/ready").status)
            # Two reasons in each worker: what was lost, and which process still has it open.
            until(lambda: 4 == len(reported(server, LOST)))
            assert {(503, 503, 503)} == {statuses(server) for _ in range(6)}
        wait_until_recovered(server)
        acknowledged |= created(server, 20)
        assert {(201, 200, 200)} == {statuses(server) for _ in range(6)}
        assert acknowledged == found(server, acknowledged)
        server.send_to_all(signal.SIGKILL)
    with serving(tmp_path, VARIABLES) as server:
        assert acknowledged == found(server, acknowledged)


def test_a_kill_before_the_log_is_replaced_loses_nothing(tmp_path: Path) -> None:
    """What was acknowledged is in the main file as soon as the loss is told and mended."""
    with serving(tmp_path, VARIABLES) as server:
        acknowledged = created(server, 20)
        (tmp_path / "data/estuary.db-wal").unlink()
        # The last worker that lets go removes what is left beside the file.
        until(lambda: not (tmp_path / "data/estuary.db-shm").exists() or bool(reported(server, RECOVERED)))
        server.send_to_all(signal.SIGKILL)
    with serving(tmp_path, VARIABLES) as server:
        assert acknowledged == found(server, acknowledged)


@pytest.mark.long
def test_a_lost_main_file_is_refused_until_it_is_back(tmp_path: Path) -> None:
    """Neither reads nor writes come from a file without its name, in any worker; it is not made again."""
    path = tmp_path / "data/estuary.db"
    with serving(tmp_path, VARIABLES) as server:
        acknowledged = created(server, 20)
        path.rename(tmp_path / "moved.db")
        # Two reasons in each worker: what was lost, and what to do.
        until(lambda: 4 == len(reported(server, LOST)))
        assert {(503, 503, 503)} == {statuses(server) for _ in range(6)}
        assert 200 == get(server, "/health/live").status
        for command in (["migrate"], ["migrate", "--plan"], ["check"], ["backup", "part.jsonl"]):
            refused = estuary(tmp_path, *command)
            assert (1, False) == (refused.returncode, path.exists()), command
            assert "its estuary.db was deleted or replaced" in refused.stderr
        (tmp_path / "moved.db").rename(path)
        wait_until_recovered(server)
        assert acknowledged == found(server, acknowledged)


@pytest.mark.long
def test_a_log_without_its_database_is_told_by_every_command(tmp_path: Path) -> None:
    """As a killed service and a lost file leave it: nothing says that the database is still to be made."""
    path = tmp_path / "data/estuary.db"
    with serving(tmp_path, VARIABLES) as server:
        created(server, 1)
        server.send_to_all(signal.SIGKILL)
    path.unlink()
    for command in (["check"], ["migrate", "--plan"], ["backup", "part.jsonl"], ["export"]):
        refused = estuary(tmp_path, *command)
        assert (1, False) == (refused.returncode, path.exists()), command
        assert "estuary.db-wal is there without its database: bring that back first" in refused.stderr


def test_a_worker_that_is_replaced_makes_no_second_log(tmp_path: Path) -> None:
    """It waits for the worker that still has the lost one open: their records would be mixed up."""
    with serving(tmp_path, VARIABLES) as server:
        acknowledged = created(server, 20)
        halted_worker, killed_worker = server.workers
        os.kill(halted_worker, signal.SIGSTOP)
        (tmp_path / "data/estuary.db-wal").unlink()
        os.kill(killed_worker, signal.SIGKILL)
        message = f"process {halted_worker} has the database open, but its estuary.db-wal was deleted"
        until(lambda: any(message in record.get("reason", "") for record in server.records()))
        assert not (tmp_path / "data/estuary.db-wal").exists()
        os.kill(halted_worker, signal.SIGCONT)
        until(lambda: len(reported(server, "the store answers")) == len(reported(server, RECOVERED)) == 1)
        assert {(201, 200, 200)} == {statuses(server) for _ in range(6)}
        assert acknowledged == found(server, acknowledged)


def test_every_worker_recovers_though_another_program_makes_a_new_log(tmp_path: Path) -> None:
    """Where one worker has moved the lost log and goes on, the others find it so, and lose nothing."""
    path = tmp_path / "data/estuary.db"
    with serving(tmp_path, VARIABLES) as server:
        acknowledged = created(server, 20)
        late_worker, _ = server.workers
        os.kill(late_worker, signal.SIGSTOP)
        (tmp_path / "data/estuary.db-wal").unlink()
        with subprocess.Popen([sys.executable, "-c", WRITER, str(path)]) as writer:
            try:
                until(lambda: 1 == len(reported(server, RECOVERED)))
                until(lambda: (tmp_path / "data/estuary.db-wal").stat().st_size > 0)
            finally:
                writer.kill()
        os.kill(late_worker, signal.SIGCONT)
        wait_until_recovered(server)
        acknowledged |= created(server, 20)
        assert {(201, 200, 200)} == {statuses(server) for _ in range(6)}
        assert acknowledged == found(server, acknowledged)
        server.send_to_all(signal.SIGKILL)
    with serving(tmp_path, VARIABLES) as server:
        assert acknowledged == found(server, acknowledged)
    with closing(sqlite3.connect(path)) as connection:
        assert ("ok",) == connection.execute("PRAGMA integrity_check").fetchone()


@pytest.mark.long
def test_neither_backup_nor_restore_takes_a_part_for_the_whole(tmp_path: Path) -> None:
    """Beside a service whose log is gone both are refused; once it is there again, both do all they say."""
    with serving(tmp_path, VARIABLES) as server:
        acknowledged = created(server, 20)
        assert 0 == estuary(tmp_path, "backup", "before.jsonl").returncode
        later = created(server, 5)
        with halted(server):
            (tmp_path / "data/estuary.db-wal").unlink()
            for command in (["backup", "part.jsonl"], ["restore", "--replace", "before.jsonl"]):
                done = estuary(tmp_path, *command)
                assert (1, "") == (done.returncode, done.stdout)
                assert "but its estuary.db-wal was deleted or replaced" in done.stderr
        assert not (tmp_path / "part.jsonl").exists()
        wait_until_recovered(server)
        whole = estuary(tmp_path, "backup", "whole.jsonl")
        assert "whole.jsonl: 25 records" in whole.stdout, whole.stderr
        restored = estuary(tmp_path, "restore", "--replace", "before.jsonl")
        assert restored.stdout.startswith("restored 20 records"), restored.stderr
        assert acknowledged == found(server, acknowledged | later)
        server.send_to_all(signal.SIGKILL)
    with serving(tmp_path, VARIABLES) as server:
        assert acknowledged == found(server, acknowledged | later)


def test_a_restore_beside_a_replaced_database_is_refused(tmp_path: Path) -> None:
    """The service has the old file open: what is restored into the new one would not be seen in it."""
    with serving(tmp_path, VARIABLES) as server:
        created(server, 3)
        assert 0 == estuary(tmp_path, "backup", "backup.jsonl").returncode
        (tmp_path / "copy.db").write_bytes((tmp_path / "data/estuary.db").read_bytes())
        (tmp_path / "copy.db").rename(tmp_path / "data/estuary.db")
        until(lambda: 4 == len(reported(server, LOST)))
        done = estuary(tmp_path, "restore", "--replace", "backup.jsonl")
        assert (1, "") == (done.returncode, done.stdout)
        assert "its estuary.db was deleted or replaced" in done.stderr
