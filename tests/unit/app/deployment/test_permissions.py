"""Access to a file depends on its permissions and on the folders above it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from estuary.app.deployment.permissions import disk_of, look, openness
from estuary.config.environment import load_from


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can enter; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory(prefix="estuary-open-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.parametrize(
    ("mode", "readable", "writable"),
    [(0o600, False, False), (0o640, False, False), (0o644, True, False), (0o602, False, True)],
)
def test_others_are_neither_owner_nor_group(
    open_folder: Path, mode: int, readable: bool, writable: bool
) -> None:
    """What the last three bits say."""
    path = open_folder / "file"
    path.touch()
    path.chmod(mode)
    found = look(path, "records")
    assert (readable, writable) == (found.readable, found.writable)


def test_a_closed_folder_closes_what_is_in_it(open_folder: Path) -> None:
    """A readable file is safe in a folder that others may not enter; a link counts as its target."""
    folder = open_folder / "closed"
    folder.mkdir()
    (folder / "file").touch()
    (folder / "file").chmod(0o666)
    (open_folder / "link").symlink_to(folder / "file")
    assert look(open_folder / "link", "records").readable
    folder.chmod(0o700)
    found = look(open_folder / "link", "records")
    assert (False, False) == (found.readable, found.writable)


def test_a_folder_matters_if_others_can_write_into_it(open_folder: Path) -> None:
    """A user who can write to the folder of the database can replace it."""
    open_folder.chmod(0o755)
    assert not look(open_folder, "folder").readable
    open_folder.chmod(0o757)
    assert look(open_folder, "folder").writable


def test_a_file_may_be_replaced_where_its_folder_is_open(open_folder: Path) -> None:
    """A user who may write into the folder can put another file there, unless it is sticky as /tmp is."""
    path = open_folder / "secret"
    path.touch()
    path.chmod(0o600)
    for mode, writable in ((0o755, False), (0o777, True), (0o1777, False)):
        open_folder.chmod(mode)
        assert writable == look(path, "secret").writable


def test_in_a_container_there_are_no_other_users(open_folder: Path) -> None:
    """Docker gives secrets that every user in the container may read: the service is the only one."""
    path = open_folder / "secret"
    path.touch()
    path.chmod(0o444)
    found = look(path, "secret", alone=True)
    assert (False, False) == (found.readable, found.writable)


def test_private_keys_are_looked_at(open_folder: Path) -> None:
    """Those by which PostgreSQL and Redis know the service."""
    paths = [open_folder / name for name in ("postgres.key", "redis.key")]
    for path in paths:
        path.touch()
    loaded = load_from(
        {
            "DATABASE_URL": f"postgres://db/records?sslmode=require&sslkey={paths[0]}",
            "REDIS_URL": f"rediss://cache?ssl_keyfile={paths[1]}",
        },
        directory=open_folder,
    )
    assert set(paths) == {each.path for each in openness(loaded) if each.what == "a private key"}


def test_every_file_of_records_and_secrets_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's files and their folder, .env, and whatever a secret came from; not what is not there."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    for name in ("data/estuary.db", "data/estuary.db-wal", "secret"):
        (tmp_path / name).touch()
    (tmp_path / "secret").write_text("sqlite:///data/estuary.db")
    (tmp_path / ".env").write_text("PORT=3000\n")
    found = openness(load_from({"DATABASE_URL_FILE": "secret"}, directory=Path()))
    assert ["secret", ".env", "data/estuary.db", "data/estuary.db-wal", "data"] == [
        str(each.path) for each in found
    ]


def test_others_may_read_what_is_committed_with_the_project(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """estuary.toml holds no secret; who may write to it decides which code is run."""
    monkeypatch.chdir(open_folder)
    toml = open_folder / "estuary.toml"
    toml.write_text("port = 3000\n")
    toml.chmod(0o646)
    (found,) = openness(load_from({"DATABASE_TYPE": "memory"}, directory=Path()))
    assert (Path("estuary.toml"), False, True) == (found.path, found.readable, found.writable)


def test_the_disk_of_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    """It will lie in the file system of the nearest folder above."""
    disk = disk_of(tmp_path / "not" / "there")
    assert 0 < disk.free <= disk.total
