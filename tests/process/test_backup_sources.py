"""What only reads a store makes and changes nothing in it, and leaves out nothing without saying so."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from sqlite3 import connect
from typing import Any

import pytest

from tests.support.backups import ROOT, SHIP, estuary, item_lines, records
from tests.support.process import environment_of, serving
from tests.support.resources import vessel_body
from tests.support.servers.postgres import Postgres, postgres_server

ITEMS_ALONE = "estuary.core.items:ITEMS"
MOMENT = "2026-01-01T00:00:00.000001Z"
SHIP_VALUE = vessel_body(
    call_sign="AB1", crew=7, in_port=True, surveyed_at=MOMENT, draught=2.0, tags=["a", "ü"]
)
SHIP_WHOLE = {"resource": "vessels", "id": SHIP, "version": 7, "owner": "ann", "created_at": MOMENT}
SHIP_LINE = json.dumps({**SHIP_WHOLE, "value": SHIP_VALUE}).encode()
READING = [
    ("backup", "copy"),
    ("export", "copy"),
    ("export",),
    ("check",),
    ("check", "--deploy"),
    ("migrate", "--plan"),
    ("openapi",),
    ("healthcheck",),
    ("restore", "--verify", "nothing"),
    ("convex", "schema"),
]


@pytest.fixture(scope="module")
def ships(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store of two items and a vessel."""
    folder = tmp_path_factory.mktemp("ships")
    assert 0 == estuary(folder, "import", given=item_lines(2) + SHIP_LINE).returncode
    return folder


@pytest.fixture(scope="module")
def backup_of_an_item(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file, of a store that declares items alone."""
    folder = tmp_path_factory.mktemp("item")
    assert 0 == estuary(folder, "import", given=item_lines(1)).returncode
    assert 0 == estuary(folder, "backup", "copy", RESOURCES=ITEMS_ALONE).returncode
    return folder / "copy"


@pytest.fixture
def shipped(ships: Path, tmp_path: Path) -> Path:
    """The same, to be changed at will."""
    shutil.copytree(ships, tmp_path, dirs_exist_ok=True)
    return tmp_path


def add_colour(folder: Path) -> None:
    """A column of items that is not declared, with a value."""
    with closing(connect(folder / "data/estuary.db")) as database:
        database.execute("ALTER TABLE items ADD COLUMN colour TEXT")
        database.execute("UPDATE items SET colour = 'red' WHERE name = 'item 1'")
        database.commit()


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    """A server of this module's own."""
    with postgres_server() as server:
        yield server


def contents(folder: Path) -> dict[str, str]:
    """Every file under `folder`, with a digest of what is in it."""
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("arguments", READING, ids=" ".join)
def test_a_command_that_reads_changes_no_file(shipped: Path, arguments: tuple[str, ...]) -> None:
    """Not even in development, where a resource is declared that has no table: it is not made."""
    before = contents(shipped / "data")
    declared = "estuary.core.items:ITEMS,tests.support.resources:VESSELS,tests.support.resources:WRECKS"
    done = estuary(shipped, *arguments, BACKUP_STATUS_PATH="status", RESOURCES=declared)
    assert "Traceback" not in done.stderr
    assert before == contents(shipped / "data")


@pytest.mark.parametrize("arguments", READING, ids=" ".join)
def test_a_command_that_reads_makes_no_database(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Neither where there is no file, nor of an empty one; a copy of nothing is an error."""
    (tmp_path / "data").mkdir()
    (tmp_path / "empty.db").touch()
    before = contents(tmp_path)
    for url in ("sqlite:///data/estuary.db", "sqlite:///empty.db"):
        done = estuary(tmp_path, *arguments, DATABASE_URL=url)
        assert before == contents(tmp_path)
        assert "Traceback" not in done.stderr
        if arguments[0] in ("backup", "export"):
            assert (1, "") == (done.returncode, done.stdout)


def test_what_a_crash_left_in_the_log_is_copied_and_left(shipped: Path) -> None:
    """Records that are in the write-ahead log alone are in the backup, and the log stays as it is."""
    writer = (
        "import sqlite3, sys, os; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "c.execute('UPDATE items SET name = ?', ('from the log',)); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", writer, shipped / "data/estuary.db"], check=False)
    log = shipped / "data/estuary.db-wal"
    assert log.stat().st_size > 0
    before = contents(shipped / "data")
    assert 0 == estuary(shipped, "backup", "copy", BACKUP_STATUS_PATH="status").returncode
    assert 0 == estuary(shipped, "check").returncode
    before.pop("estuary.db-shm")
    after = contents(shipped / "data")
    after.pop("estuary.db-shm")
    assert before == after
    names = {
        json.loads(line).get("value", {}).get("name")
        for line in (shipped / "copy").read_text().splitlines()
    }
    assert "from the log" in names


@pytest.mark.parametrize("profile", ["development", "production"])
@pytest.mark.parametrize("command", ["backup", "export"])
def test_records_that_are_not_declared_are_not_left_out(shipped: Path, command: str, profile: str) -> None:
    """The tables are named with what they hold, nothing is written, and no success is reported."""
    before = contents(shipped)
    done = estuary(shipped, command, "copy", APP_PROFILE=profile, RESOURCES=ITEMS_ALONE)
    assert (1, "") == (done.returncode, done.stdout)
    assert "the store holds records that RESOURCES does not declare: vessels (1)" in done.stderr
    assert "--all" in done.stderr
    assert before == contents(shipped)


def test_a_job_without_the_services_environment_is_told(shipped: Path) -> None:
    """Elsewhere is no database, and what names it is said; here the resources are the default ones."""
    elsewhere = shipped / "elsewhere"
    elsewhere.mkdir()
    for folder, reported in ((elsewhere, "there is no database at "), (shipped, "vessels (1)")):
        done = subprocess.run(
            [sys.executable, "-m", "estuary", "backup", "copy"],
            cwd=folder,
            env=environment_of({"PYTHONPATH": ROOT, "DATABASE_TYPE": "sqlite"}),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (1, "") == (done.returncode, done.stdout)
        assert reported in done.stderr
        hint = "DATABASE_URL is not set, nor is there a .env in "
        assert (folder == elsewhere) == (hint in done.stderr)
        assert not (folder / "copy").exists()
    assert not (shipped / "data/estuary.db.last-backup.json").exists()


def test_what_all_took_is_restored_once_it_is_declared(shipped: Path) -> None:
    """A backup with --all says so in its format, and brings everything back, to the last value."""
    before = records(shipped)
    done = estuary(shipped, "backup", "copy", "--all", RESOURCES=ITEMS_ALONE)
    assert "copy: 3 records" in done.stdout, done.stderr
    header, *_, ship, footer = (shipped / "copy").read_text().splitlines()
    assert (2, ["items", "vessels"]) == (
        json.loads(header)["estuary_backup"],
        json.loads(header)["resources"],
    )
    assert {"items": 2, "vessels": 1} == json.loads(footer)["counts"]
    assert "columns" in json.loads(ship)

    there = shipped / "there"
    there.mkdir()
    refused = estuary(there, "restore", "../copy", RESOURCES=ITEMS_ALONE)
    assert 1 == refused.returncode
    assert "the backup holds vessels, but RESOURCES declares items" in refused.stderr
    assert not (there / "data").exists() or [] == records(there)
    assert 0 == estuary(there, "restore", "../copy").returncode
    assert before == records(there)


def test_what_is_not_declared_can_be_left_out_of_a_restore(shipped: Path) -> None:
    """On demand, and said: a resource that is gone for good does not keep the others from coming back."""
    assert 0 == estuary(shipped, "backup", "copy", "--all", RESOURCES=ITEMS_ALONE).returncode
    there = shipped / "there"
    there.mkdir()
    done = estuary(there, "restore", "../copy", "--skip-undeclared", RESOURCES=ITEMS_ALONE)
    assert 0 == done.returncode, done.stderr
    assert done.stdout.startswith("restored 2 records (2 of items) of "), done.stdout
    assert "not restored, for RESOURCES does not declare it: vessels (1)" in done.stderr
    assert ["items", "items"] == [record["resource"] for record in records(there)]


def test_columns_that_are_not_declared_are_told_and_can_be_taken(shipped: Path) -> None:
    """Left out with a warning; with --all they are in the line, and come back once they are declared."""
    add_colour(shipped)
    plain = estuary(shipped, "backup", "plain")
    assert 0 == plain.returncode, plain.stderr
    assert "items: columns that are not declared were left out: colour (--all takes them)" in plain.stderr
    assert 0 == estuary(shipped, "backup", "all", "--all").returncode
    lines = [json.loads(line) for line in (shipped / "all").read_text().splitlines()]
    assert ["red"] == [line["columns"]["colour"] for line in lines if line.get("columns", {}).get("colour")]
    assert 0 == estuary(shipped, "export", "lines", "--all", RESOURCES=ITEMS_ALONE).returncode
    refused = estuary(shipped, "restore", "--replace", "all")
    assert 1 == refused.returncode
    assert "colour" in refused.stderr


@pytest.mark.parametrize("command", ["restore", "import", "migrate", "check"])
def test_undeclared_records_are_mentioned(shipped: Path, backup_of_an_item: Path, command: str) -> None:
    """Commands that write to a store, or look at it, name what it holds besides."""
    add_colour(shipped)
    arguments: dict[str, tuple[str | Path, ...]] = {
        "restore": ("restore", "--replace", backup_of_an_item),
        "import": ("import", "--replace"),
        "migrate": ("migrate",),
        "check": ("check",),
    }
    done = estuary(shipped, *arguments[command], given=item_lines(1), RESOURCES=ITEMS_ALONE)
    assert 0 == done.returncode, done.stderr
    message = "the store holds records that RESOURCES does not declare, left as they are: vessels (1)"
    assert message in done.stdout + done.stderr
    message = "columns that are no longer declared (Was renames them), left as they are: items (colour)"
    assert f"the store holds {message}" in done.stdout + done.stderr
    assert "vessels" in {record["resource"] for record in records(shipped)}


def test_the_service_mentions_undeclared_records(shipped: Path) -> None:
    """Once, in its log, after the start; and columns, which may be those of a field that was renamed."""
    add_colour(shipped)
    with serving(shipped, {"PYTHONPATH": ROOT, "DATABASE_URL": "sqlite:///data/estuary.db"}) as server:
        reported = server.record("the store holds records that RESOURCES does not declare")
        column = server.record("the store holds columns that are no longer declared (Was renames them)")
    assert ("WARN", "vessels (1)") == (reported["level"], reported["tables"])
    assert ("WARN", "items (colour)") == (column["level"], column["tables"])


def test_a_status_that_cannot_be_told_leaves_the_backup_whole(shipped: Path) -> None:
    """The backup is there, and that is success; that the service hears nothing of it is a warning."""
    done = estuary(shipped, "backup", "copy", BACKUP_STATUS_PATH="nowhere/status")
    assert 0 == done.returncode
    assert "copy: 3 records" in done.stdout
    assert "warning: the service is not told of the backup: " in done.stderr
    assert "nowhere/status cannot be written: No such file or directory" in done.stderr
    assert 0 == estuary(shipped, "restore", "--verify", "copy").returncode


def test_an_import_of_nothing_replaces_nothing(shipped: Path) -> None:
    """A pipe whose other end has failed does not empty the store."""
    before = records(shipped)
    for given in (b"", b"\n\n"):
        done = estuary(shipped, "import", "--replace", given=given)
        assert 1 == done.returncode
        assert "there is no record to import, and --replace would remove those there are" in done.stderr
    assert before == records(shipped)


def test_two_backups_at_once_to_one_name(shipped: Path) -> None:
    """One of them makes the file, the other fails: none is lost without a word."""
    assert 0 == estuary(shipped, "import", "--replace", given=item_lines(5000)).returncode
    both = [
        subprocess.Popen(
            [sys.executable, "-m", "estuary", "backup", "copy"],
            cwd=shipped,
            env=environment_of({"PYTHONPATH": ROOT, "DATABASE_URL": "sqlite:///data/estuary.db"}),
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    reported = [process.communicate(timeout=60)[1] for process in both]
    assert [0, 1] == sorted(process.returncode for process in both)
    assert any("copy is there already, and nothing is written over" in each for each in reported)
    assert 0 == estuary(shipped, "restore", "--verify", "copy").returncode


def test_two_backups_at_once_into_one_folder(shipped: Path) -> None:
    """Each has its own name, though they are made in the same second."""
    folder = shipped / "backups"
    folder.mkdir()
    both = [
        subprocess.Popen(
            [sys.executable, "-m", "estuary", "backup", "backups"],
            cwd=shipped,
            env=environment_of({"PYTHONPATH": ROOT, "DATABASE_URL": "sqlite:///data/estuary.db",
                                "RESOURCES": "estuary.core.items:ITEMS,tests.support.resources:VESSELS"}),
        )
        for _ in range(3)
    ]  # fmt: skip
    assert [0, 0, 0] == [process.wait(60) for process in both]
    assert 3 == len(list(folder.iterdir()))


def test_services_that_share_a_folder_rotate_their_own_files(shipped: Path) -> None:
    """With --keep 1 each of two keeps one, and says that there are others'."""
    (shipped / "backups").mkdir()
    other = shipped / "other"
    other.mkdir()
    assert 0 == estuary(other, "import", given=item_lines(1)).returncode
    message = ""
    for folder, backups in ((shipped, "backups"), (other, "../backups")) * 2:
        done = estuary(folder, "backup", backups, "--keep", "1")
        assert 0 == done.returncode
        message = done.stderr
    assert "1 backups in " in message
    assert "are of other stores" in message
    headers = [json.loads(path.read_text().splitlines()[0]) for path in (shipped / "backups").iterdir()]
    assert 2 == len({header["store_id"] for header in headers}) == len(headers)


def test_a_backup_from_a_wrong_clock_costs_no_other(shipped: Path) -> None:
    """With one that is dated in the future there, --keep 1 keeps what was just made."""
    folder = shipped / "backups"
    folder.mkdir()
    assert 0 == estuary(shipped, "backup", "backups").returncode
    (made,) = folder.iterdir()
    header, *lines = made.read_text().splitlines()
    future = folder / "estuary-20360101T000000Z.jsonl"
    future.write_text(
        json.dumps(json.loads(header) | {"made_at": "2036-01-01T00:00:00Z"}) + "\n" + "".join(lines)
    )
    done = estuary(shipped, "backup", "backups", "--keep", "1")
    assert 0 == done.returncode
    new = done.stdout.partition(":")[0]
    assert {new, str(future.relative_to(shipped))} == {
        str(path.relative_to(shipped)) for path in folder.iterdir()
    }
    assert f"backups/{future.name} is dated in the future" in done.stderr


@pytest.mark.long
def test_on_postgresql_too(shipped: Path, postgres: Postgres) -> None:
    """Nothing is made in an empty database, nor for who may only read; nothing is left out."""

    def on(*arguments: str, given: bytes = b"", **more: str) -> Any:
        return estuary(shipped, *arguments, given=given, DATABASE_URL=postgres.url, **more)

    for profile in ("development", "production"):
        empty = on("backup", "copy", APP_PROFILE=profile)
        assert (1, "") == (empty.returncode, empty.stdout)
        assert "The database holds no table of Estuary's" in empty.stderr
        on("check", APP_PROFILE=profile)
        on("migrate", "--plan", APP_PROFILE=profile)
    assert "" == postgres.execute(
        "SELECT string_agg(relname, ',') FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    )

    assert 0 == on("import", given=item_lines(2) + SHIP_LINE).returncode
    before = on("export").stdout
    refused = on("backup", "copy", RESOURCES=ITEMS_ALONE)
    assert 1 == refused.returncode
    assert "vessels (1)" in refused.stderr
    for command in ("backup", "check", "export"):
        on(command, *(["x"] if command != "check" else []), RESOURCES="tests.support.resources:WRECKS")
    assert "0" == postgres.execute("SELECT count(*) FROM pg_class WHERE relname = 'wrecks'")
    everything = on("backup", "copy", "--all", RESOURCES=ITEMS_ALONE)
    assert "copy: 3 records" in everything.stdout, everything.stderr
    assert 0 == on("restore", "--replace", "copy").returncode
    assert before == on("export").stdout
    # Who may only read can make a backup, and knows which store it is of.
    postgres.execute(
        "CREATE ROLE reader LOGIN PASSWORD 'let'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader"
    )
    reader = {"DATABASE_URL": postgres.url_of("estuary", user="reader:let"), "APP_PROFILE": "production"}
    (shipped / "kept").mkdir()
    for _ in range(2):
        done = estuary(shipped, "backup", "kept", "--keep", "1", given=b"", **reader)
        assert (0, "") == (done.returncode, done.stderr)
    assert 1 == len(list((shipped / "kept").iterdir()))
    # To another kind of store: what its columns mean does not depend on where they come from.
    there = shipped / "there"
    there.mkdir()
    assert 0 == estuary(there, "restore", "../copy").returncode
    assert before == estuary(there, "export").stdout
