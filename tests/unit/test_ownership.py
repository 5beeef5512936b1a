"""Whose a new file is, and what is said of a file that cannot be opened."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from estuary.backups.atomic_files import new_file, replaced_file
from estuary.core.errors import StoreUnavailable
from estuary.core.items import ITEMS
from estuary.ownership import denied
from estuary.stores.sqlite import SqliteStore

ROOT, SERVICE, STRANGER = 0, 61234, 61235
"""The first is who runs the tests in a container; the others are the users of no account."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of the service's that everybody may look into; where the tests are not root's, our own."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        if os.geteuid() == ROOT:
            os.chown(folder, SERVICE, SERVICE)
        yield folder


@contextmanager
def as_stranger(path: Path) -> Iterator[None]:
    """Run the block as a user who may not open `path`; root becomes one, others take their right away."""
    if os.geteuid() == ROOT:
        os.seteuid(STRANGER)
        try:
            yield
        finally:
            os.seteuid(ROOT)
    else:
        path.chmod(0)
        yield
        path.chmod(0o600)


def owners(*paths: Path) -> set[tuple[int, int]]:
    """The users and groups that the files belong to."""
    return {(found.st_uid, found.st_gid) for found in (path.stat() for path in paths)}


async def test_what_root_makes_belongs_to_the_folders_owner(folder: Path) -> None:
    """The database, the files beside it, and folders that were missing: the service can open them all."""
    path = folder / "made" / "deep" / "estuary.db"
    store = SqliteStore(path, [ITEMS])
    await store.open()
    files = [path, *(path.with_name(f"{path.name}{suffix}") for suffix in ("-wal", "-shm"))]
    made = owners(*files, path.parent, path.parent.parent)
    await store.close()

    assert made == owners(folder)


def test_what_root_writes_to_a_folder_belongs_to_its_owner(folder: Path) -> None:
    """Backups and their status file: the service's own job can read, replace and remove them."""
    for write in (new_file, replaced_file):
        with write(folder / "made", 0o640) as file:
            file.write(b"records")
        made = folder / "made"
        assert (owners(folder), 0o640) == (owners(made), made.stat().st_mode & 0o777)
        made.unlink()


async def test_a_file_that_cannot_be_opened_is_told_with_its_owner(folder: Path) -> None:
    """Whose it is, with which mode, and who wanted it: what an operator needs to mend it."""
    path = folder / "estuary.db"
    path.touch(0o600)
    owner = path.stat().st_uid
    store = SqliteStore(path, [ITEMS])
    with as_stranger(path):
        ours = os.geteuid()
        with pytest.raises(StoreUnavailable) as raised:
            await store.open()

    assert str(raised.value).startswith(f"{path}: The database is unavailable: ")
    message = str(raised.value).partition("; ")[2]
    assert message.startswith(f"{path} belongs to ")
    assert f"uid {owner}" in message.partition(", and this process runs as ")[0]
    assert f"uid {ours}" in message.partition(", and this process runs as ")[2]


def test_what_may_be_used_is_not_complained_of(folder: Path) -> None:
    """Neither are files that are not there."""
    (folder / "file").touch()
    assert denied([folder, folder / "file", folder / "missing"]) is None
