"""Backups, restores, exports and imports as an operator does them, beside a service and after a crash."""

import json
import os
import pty
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import httpx
import pytest

from tests.support.backups import SHIP, estuary, item_lines, records, variables
from tests.support.process import serving, until
from tests.support.resources import vessel_body
from tests.support.servers.postgres import postgres_server


def files(directory: Path) -> set[str]:
    """What is in `directory`, hidden files too."""
    return {path.name for path in directory.iterdir()}


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store of a few items, and a backup of it beside the folder."""
    folder = tmp_path_factory.mktemp("few") / "few"
    folder.mkdir()
    done = estuary(folder, "import", given=item_lines(5))
    assert (0, "imported 5 records\n") == (done.returncode, done.stdout), done.stderr
    assert 0 == estuary(folder, "backup", "../backup.jsonl").returncode
    (folder / "data/estuary.db.last-backup.json").unlink()
    return folder


@pytest.fixture
def filled(few: Path, tmp_path: Path) -> Path:
    """The same, to be changed at will."""
    shutil.copytree(few, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.mark.long
def test_a_restore_brings_back_every_record(tmp_path: Path) -> None:
    """A backup of a service that is being used, restored elsewhere, answers as the service did."""
    full = vessel_body(
        call_sign="AB1", crew=7, keel_number=2**53 - 1, cargo_value=0.1, in_port=True, rating=5, rig="sail",
        surveyed_at="2026-01-01T00:00:00.000001Z", berth="b", tags=["a", "ü"], notes=["n"],
    )  # fmt: skip
    lists = ("/api/v1/items?limit=100", "/api/v1/vessels?limit=100")
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    with serving(here, variables()) as server, httpx.Client(base_url=server.origin) as client:
        for number in range(30):
            created = client.post("/api/v1/items", json={"name": f"item {number}"}).json()
            if number % 3 == 0:
                client.put(f"/api/v1/items/{created['id']}", json={"description": "changed"})
        for body in (full, vessel_body()):
            client.post("/api/v1/vessels", json=body)
        reported = [client.get(path).json() for path in lists]
        done = estuary(here, "backup", tmp_path / "backup.jsonl")
        assert 0 == done.returncode, done.stderr
        assert "backup.jsonl: 32 records, sha256 " in done.stdout
        # What comes later is not in it.
        client.post("/api/v1/items", json={"name": "later"})

    assert 0o600 == (tmp_path / "backup.jsonl").stat().st_mode & 0o777
    restored = estuary(there, "restore", tmp_path / "backup.jsonl")
    assert restored.stdout.startswith("restored 32 records (30 of items, 2 of vessels) of 20"), (
        restored.stderr
    )
    exported = (tmp_path / "backup.jsonl").read_text().splitlines()[1:-1]
    assert [json.loads(line) for line in exported] == records(there)
    assert {1, 2} == {record["version"] for record in records(there)}
    with serving(there, variables()) as server, httpx.Client(base_url=server.origin) as client:
        assert reported == [client.get(path).json() for path in lists]


def test_a_backup_moves_to_another_kind_of_store(few: Path, tmp_path: Path) -> None:
    """What SQLite held is in PostgreSQL afterwards, to the byte, and can be backed up there."""
    with postgres_server() as server:
        postgres = {"DATABASE_URL": server.url, "BACKUP_STATUS_PATH": "status.json"}
        ship = {
            "resource": "vessels",
            "id": SHIP,
            "version": 7,
            "owner": "ann",
            "value": vessel_body(tags=["a"]),
        }
        given = item_lines(3) + json.dumps(ship).encode()
        assert 0 == estuary(tmp_path, "import", given=given).returncode
        assert 0 == estuary(tmp_path, "backup", "sqlite.jsonl").returncode
        done = estuary(tmp_path, "restore", "sqlite.jsonl", given=b"", **postgres)
        assert 0 == done.returncode, done.stderr
        refused = estuary(tmp_path, "restore", few.parent / "backup.jsonl", given=b"", **postgres)
        assert (1, "") == (refused.returncode, refused.stdout)
        assert 0 == estuary(tmp_path, "backup", "postgres.jsonl", given=b"", **postgres).returncode
    before, after = (
        (tmp_path / name).read_text().splitlines() for name in ("sqlite.jsonl", "postgres.jsonl")
    )
    assert before[1:-1] == after[1:-1]
    assert "postgres" == json.loads(after[0])["store"]
    assert 4 == json.loads((tmp_path / "status.json").read_text())["records"]


def test_a_store_that_holds_records_is_replaced_on_demand_only(few: Path, filled: Path) -> None:
    """Without --replace nothing changes; with it, what is not in the backup is gone."""
    backup, before = few.parent / "backup.jsonl", records(filled)
    refused = estuary(filled, "restore", backup)
    assert 1 == refused.returncode
    assert "the store holds records already, and nothing was changed: --replace" in refused.stderr
    assert 0 == estuary(filled, "import", "--replace", given=item_lines(2)).returncode
    assert 2 == len(records(filled))
    assert 0 == estuary(filled, "restore", "--replace", backup).returncode
    assert before == records(filled)


Alteration = Callable[[bytes], bytes]
ALTERATIONS: dict[str, tuple[Alteration, str]] = {
    "truncated": (lambda whole: whole[:-100], "does not end with its checksum"),
    "one byte": (lambda whole: whole.replace(b"item 3", b"item 4"), "SHA-256 is not the one at its end"),
    "newer": (lambda whole: whole.replace(b'backup":1', b'backup":3'), "made by a newer Estuary"),
    "no backup": (lambda whole: b"\n".join(whole.split(b"\n")[1:]), "not a backup that Estuary made"),
}


@pytest.mark.parametrize(("alter", "message"), ALTERATIONS.values(), ids=ALTERATIONS)
def test_what_is_not_as_it_was_made_is_refused(
    few: Path, filled: Path, alter: Alteration, message: str
) -> None:
    """Exit 1 with the reason; the store is as it was, though --replace allows everything."""
    (filled / "altered").write_bytes(alter((few.parent / "backup.jsonl").read_bytes()))
    before = records(filled)
    refused = estuary(filled, "restore", "--replace", "altered")
    assert (1, "") == (refused.returncode, refused.stdout)
    assert message in refused.stderr
    assert before == records(filled)


def test_a_backup_can_be_looked_at_without_a_restore(few: Path, tmp_path: Path) -> None:
    """What it holds is printed, or why it would be refused; no store is made for that."""
    whole = few.parent / "backup.jsonl"
    done = estuary(tmp_path, "restore", "--verify", whole)
    assert 0 == done.returncode
    assert done.stdout.startswith(f"{whole} is whole: 5 records (5 of items, 0 of vessels) of 20")
    (tmp_path / "half").write_bytes(whole.read_bytes()[:500])
    assert 1 == estuary(tmp_path, "restore", "--verify", "half").returncode
    assert {"half"} == files(tmp_path)


def test_a_backup_of_other_resources_is_refused(few: Path, filled: Path) -> None:
    """Undeclared resources are named; so are records that a restore would remove without a replacement."""
    both = few.parent / "backup.jsonl"
    foreign = estuary(filled, "restore", "--replace", both, RESOURCES="estuary.core.items:ITEMS")
    assert 1 == foreign.returncode
    assert "the backup holds vessels, but RESOURCES declares items" in foreign.stderr

    alone = estuary(filled, "backup", "items.jsonl", RESOURCES="estuary.core.items:ITEMS")
    assert 0 == alone.returncode
    ship = {"resource": "vessels", "value": vessel_body()}
    assert 0 == estuary(filled, "import", "--replace", given=json.dumps(ship).encode()).returncode
    refused = estuary(filled, "restore", "--replace", "items.jsonl")
    assert 1 == refused.returncode
    assert "the store has records of vessels, of which the backup knows nothing" in refused.stderr
    assert ["vessels"] == [record["resource"] for record in records(filled)]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("backup",), 2, "usage: estuary backup"),
        (("backup", "backup.jsonl", "--keep", "3"), 2, "--keep and --keep-days are about a folder"),
        (("backup", ".", "--keep", "0"), 2, "'0' is not a whole number from 1"),
        (("restore", "data", "--replace", "--verify"), 2, "not allowed with argument"),
        (("restore", "data"), 1, "data is not a regular file"),
        (("restore", "missing"), 1, "missing cannot be read: No such file"),
        (("import", "missing"), 1, "missing cannot be read: No such file"),
        (("backup", "data/estuary.db"), 1, "data/estuary.db is there already, and nothing is written over"),
        (("export", "data/estuary.db"), 1, "data/estuary.db is there already, and nothing is written over"),
        (("backup", "nowhere/backup.jsonl"), 1, "backup.jsonl cannot be written: No such file"),
    ],
)
def test_wrong_usage_changes_nothing(
    filled: Path, arguments: Sequence[str], code: int, message: str
) -> None:
    """Each mistake is named, and neither store nor folder is touched."""
    before, there = records(filled), files(filled)
    done = estuary(filled, *arguments)
    assert (code, "") == (done.returncode, done.stdout)
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert (before, there) == (records(filled), files(filled))


def test_there_must_be_a_store_to_copy(tmp_path: Path) -> None:
    """Neither is a missing database made, nor memory taken for something that lasts."""
    for command in ("backup", "export"):
        done = estuary(tmp_path, command, "file")
        assert 1 == done.returncode
        assert "there is no database at " in done.stderr
        forgetful = estuary(tmp_path, command, "file", DATABASE_URL="memory://")
        assert 1 == forgetful.returncode
        assert "DATABASE_TYPE is memory" in forgetful.stderr
    assert set() == files(tmp_path)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"resource":"items"}', "line 4: Object missing required field `value`"),
        (b'{"resource":"wrecks","value":{}}', "line 4: there is no resource 'wrecks'"),
        (b"name,description", "line 4: this is not JSON"),
    ],
)
def test_an_import_is_all_or_nothing(filled: Path, line: bytes, message: str) -> None:
    """A bad line is named, and the lines before it leave nothing behind."""
    before = records(filled)
    done = estuary(filled, "import", "--replace", given=item_lines(2) + b"\n" + line)
    assert 1 == done.returncode
    assert message in done.stderr
    assert before == records(filled)


def test_one_owners_records_are_exported(tmp_path: Path) -> None:
    """To standard output or a file; '' means records without an owner."""
    owners = ("alice", "bob", "alice", "")
    lines = [{"resource": "items", "owner": owner, "value": {"name": f"{owner}'s"}} for owner in owners]
    given = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    assert 0 == estuary(tmp_path, "import", given=given).returncode
    for owner, count in {"alice": 2, "": 1}.items():
        done = estuary(tmp_path, "export", "--owner", owner)
        assert (0, f"exported {count} records\n") == (done.returncode, done.stderr)
        document = [json.loads(line) for line in done.stdout.splitlines()]
        assert [(owner, f"{owner}'s")] * count == [
            (each["owner"], each["value"]["name"]) for each in document
        ]
    assert 0 == estuary(tmp_path, "export", "file", "--owner", "bob").returncode
    assert 1 == len((tmp_path / "file").read_text().splitlines())


def test_an_import_takes_no_backup(few: Path, tmp_path: Path) -> None:
    """A backup is restored, which checks its checksum; an import would not."""
    done = estuary(tmp_path, "import", few.parent / "backup.jsonl")
    assert 1 == done.returncode
    assert "this is a backup, not bare records: use `estuary restore`" in done.stderr


def limited_to(size: int) -> Callable[[], None]:
    """What keeps a process from writing files longer than `size` bytes, as a full disk would."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_a_full_disk_leaves_neither_half_a_backup_nor_a_lie(filled: Path) -> None:
    """The reason is reported, no file is left, and no success is written for the service."""
    assert 0 == estuary(filled, "import", "--replace", given=item_lines(3000)).returncode
    before = files(filled), files(filled / "data")
    done = subprocess.run(
        [sys.executable, "-m", "estuary", "backup", "backup.jsonl"],
        cwd=filled,
        env=variables(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=limited_to(200_000),
    )
    assert (1, "") == (done.returncode, done.stdout)
    assert "backup.jsonl cannot be written: File too large" in done.stderr
    assert before == (files(filled), files(filled / "data"))


def test_a_full_temporary_folder_is_told(filled: Path) -> None:
    """The copy that SQLite makes lies there; the message says where to make room."""
    assert 0 == estuary(filled, "import", "--replace", given=item_lines(30_000)).returncode
    done = subprocess.run(
        [sys.executable, "-m", "estuary", "backup", "backup.jsonl"],
        cwd=filled,
        env=variables(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=limited_to(1_000_000),
    )
    assert (1, "") == (done.returncode, done.stdout)
    assert "needs room in the temporary folder (SQLITE_TMPDIR, TMPDIR)" in done.stderr
    assert {"data"} == files(filled)


def test_an_export_into_a_full_device_is_told(filled: Path) -> None:
    """One line with the reason, no trace."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "estuary", "export"],
            cwd=filled,
            env=variables(),
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert 1 == done.returncode
    assert (
        b"estuary: input or output failed, and not all was done: No space left on device\n" == done.stderr
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_backup_that_is_asked_to_end_clears_up(filled: Path, number: signal.Signals) -> None:
    """What was begun is gone at once, and the exit code says that there is no backup."""
    assert 0 == estuary(filled, "import", "--replace", given=item_lines(30_000)).returncode
    with subprocess.Popen(
        [sys.executable, "-m", "estuary", "backup", "ended.jsonl"],
        cwd=filled,
        env=variables(),
        stderr=subprocess.PIPE,
    ) as process:
        until(lambda: any(path.stat().st_size for path in filled.glob(".ended.jsonl.*")))
        process.send_signal(number)
        assert process.stderr is not None
        assert b"estuary: interrupted: nothing was changed\n" == process.stderr.read()
        assert 1 == process.wait(60)
    assert {"data"} == files(filled)


def test_a_killed_backup_leaves_no_backup(filled: Path) -> None:
    """After kill -9 there is no file of that name, and the next backup clears away what was left."""
    assert 0 == estuary(filled, "import", "--replace", given=item_lines(30_000)).returncode
    with subprocess.Popen(
        [sys.executable, "-m", "estuary", "backup", "killed.jsonl"], cwd=filled, env=variables()
    ) as process:
        until(lambda: any(path.stat().st_size for path in filled.glob(".killed.jsonl.*")))
        process.kill()
    left = {name for name in files(filled) if "killed" in name}
    assert 1 == len(left)
    assert "killed.jsonl" not in left
    assert 0 == estuary(filled, "backup", "next.jsonl").returncode
    assert {"data", "next.jsonl"} == files(filled)


def test_a_killed_import_changes_nothing(filled: Path) -> None:
    """A kill -9 in the middle of a replacement leaves the store as it was before."""
    before = records(filled)
    with subprocess.Popen(
        [sys.executable, "-m", "estuary", "import", "--replace"],
        cwd=filled,
        env=variables(),
        stdin=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        # More than the pipe and any buffer hold: what was taken in was worked on, and the end is not there.
        process.stdin.write(item_lines(30_000))
        process.stdin.flush()
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert before == records(filled)


def test_a_scheduled_backup_keeps_the_newest(few: Path, filled: Path) -> None:
    """Backups in a folder are named after the time, the status file is written, and old ones go."""
    folder = filled / "backups"
    folder.mkdir()
    (folder / "notes.txt").touch()
    for day in ("01", "02"):
        shutil.copy(few.parent / "backup.jsonl", folder / f"estuary-202001{day}T000000Z.jsonl")
    done = estuary(filled, "backup", "backups", "--keep", "2")
    assert 0 == done.returncode, done.stderr
    assert 2 == len(list(folder.glob("*.jsonl")))
    assert 1 == done.stdout.count("removed ")
    assert (folder / "notes.txt").exists()


def test_the_service_tells_of_the_last_backup(filled: Path) -> None:
    """The metric is 0 before there was one, and the time of the last success soon after."""

    def reported() -> float:
        lines = client.get("/metrics").text.splitlines()
        (line,) = [line for line in lines if line.startswith("backup_last_success_timestamp_seconds ")]
        return float(line.split()[1])

    with serving(filled, variables()) as server, httpx.Client(base_url=server.origin) as client:
        assert 0.0 == reported()
        assert 0 == estuary(filled, "backup", "backup.jsonl").returncode
        until(lambda: reported() > 0.0)
        header = json.loads((filled / "backup.jsonl").read_text().splitlines()[0])
        status = json.loads((filled / "data/estuary.db.last-backup.json").read_text())
        assert header["made_at"] == status["made_at"]


@pytest.fixture
def screen() -> Iterator[tuple[int, int]]:
    """A terminal: the program's side and the side of who looks."""
    looking, program = pty.openpty()
    yield program, looking
    os.close(looking)


def test_progress_is_shown_on_a_terminal_alone(filled: Path, screen: tuple[int, int]) -> None:
    """A bar with percent and rate where somebody looks; not a byte of it in a log."""
    program, looking = screen
    done = subprocess.run(
        [sys.executable, "-m", "estuary", "export"],
        cwd=filled,
        env=variables(),
        stdout=subprocess.PIPE,
        stderr=program,
        timeout=60,
        check=True,
    )
    os.close(program)
    shown = os.read(looking, 65536).decode()
    assert "export [##############################] 100% 5 records, " in shown
    assert "/s" in shown
    assert 5 == len(done.stdout.splitlines())
    assert "exported 5 records\n" == estuary(filled, "export", "file").stderr


def test_a_closed_pipe_ends_an_export(filled: Path) -> None:
    """`estuary export | head` ends with one line of explanation."""
    assert 0 == estuary(filled, "import", "--replace", given=item_lines(5000)).returncode
    with subprocess.Popen(
        [sys.executable, "-m", "estuary", "export"],
        cwd=filled,
        env=variables(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        reported = process.stderr.read().decode()
        assert 1 == process.wait(60)
    assert "estuary: the reader of the output has gone: not all of it was written\n" == reported
