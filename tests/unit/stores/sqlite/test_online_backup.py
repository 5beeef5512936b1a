"""A copy of the file is of one moment, leaves nothing behind, and is not waited for for ever."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from estuary.core.errors import StoreRefused, StoreUnavailable
from estuary.stores.sqlite.file import DatabaseFile
from estuary.stores.sqlite.names import Identity
from estuary.stores.sqlite.online_backup import OnlineBackup


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database of three thousand numbers."""
    path = tmp_path / "numbers.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE numbers (number INTEGER)")
        connection.execute(
            "INSERT INTO numbers SELECT value FROM (WITH RECURSIVE n(value) AS "
            "(SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 3000) SELECT value FROM n)"
        )
    return path


async def test_the_copy_is_of_the_moment_it_was_taken(path: Path) -> None:
    """What is deleted afterwards is still in it, in batches, and no file has a trace of it."""
    backup = OnlineBackup(DatabaseFile(path, statements=1), timeout=5.0)
    await backup.take()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DELETE FROM numbers")
    batches = [rows async for rows in backup.rows("SELECT number FROM numbers ORDER BY 1 LIMIT ?", (-1,))]
    backup.close()
    assert [1000, 1000, 1000] == [len(rows) for rows in batches]
    assert [(1,), (3000,)] == [batches[0][0], batches[-1][-1]]
    assert ["numbers.db"] == [file.name for file in path.parent.iterdir()]


async def test_what_is_no_database_needs_no_room(tmp_path: Path) -> None:
    """Advice on the temporary folder is for where that is full."""
    path = tmp_path / "notes.txt"
    path.write_text("these are no pages of a database")
    backup = OnlineBackup(DatabaseFile(path, statements=1), timeout=5.0)
    with pytest.raises(StoreRefused) as refused:
        await backup.take()
    backup.close()
    assert "The database is unavailable: the file is not a database" == str(refused.value)


class LockedLate(DatabaseFile):
    """A file that another process locks once it is connected to."""

    def __init__(self, path: Path, other: sqlite3.Connection) -> None:
        super().__init__(path, statements=1)
        self._other = other

    def connect_to_look(self, *, timeout: float) -> sqlite3.Connection:
        """The connection, and the other's lock."""
        connection = super().connect_to_look(timeout=timeout)
        self._other.execute("BEGIN EXCLUSIVE")
        return connection


async def test_a_locked_file_ends_the_wait(path: Path) -> None:
    """Another process keeps everybody out: that is an outage, reported in time."""
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as connection:
        backup = OnlineBackup(LockedLate(path, connection), timeout=0.1)
        with pytest.raises(StoreUnavailable, match="another process holds the lock"):
            await backup.take()
        backup.close()


class LostLate(DatabaseFile):
    """A file that is deleted once it is connected to."""

    def identities(self) -> list[Identity | None]:
        """What they are, and then are no more."""
        found = super().identities()
        self.path.unlink(missing_ok=True)
        return found


async def test_a_file_that_goes_while_it_is_copied_is_no_copy(path: Path) -> None:
    """The records that went with it are not in the copy: it is not taken for all of them."""
    backup = OnlineBackup(LostLate(path, statements=1), timeout=5.0)
    with pytest.raises(StoreUnavailable, match="deleted or replaced"):
        await backup.take()
    backup.close()


async def test_a_broken_statement_is_the_stores_error(path: Path) -> None:
    """What the driver says is translated at its seam."""
    from estuary.core.errors import StoreQueryFailed

    backup = OnlineBackup(DatabaseFile(path, statements=1), timeout=5.0)
    await backup.take()
    with pytest.raises(StoreQueryFailed):
        await anext(backup.rows("SELECT nothing(", ()))
    backup.close()
