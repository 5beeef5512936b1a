"""What a log without its name still holds: by the log itself, and by what was seen before the loss."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from estuary.core.errors import StoreUnavailable
from estuary.stores.sqlite.names import Known, known_files
from estuary.stores.sqlite.open_log import OpenLog


class Made:
    """A database with something in its log, and the log as several processes have it open."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.write()
        _, self.log, self.index = known_files(path)

    def write(self) -> None:
        """Put a frame into the log."""
        self.connection.execute("CREATE TABLE IF NOT EXISTS made (value)")
        self.connection.execute("INSERT INTO made VALUES (1)")

    def checkpoint(self, how: str) -> None:
        """Move the log into the main file."""
        assert 0 == self.connection.execute(f"PRAGMA wal_checkpoint({how})").fetchone()[0]

    def opened(self) -> OpenLog:
        """The log, as it is found in its place."""
        return OpenLog(self.log, self.index)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    """The database; the process that has it open is this one."""
    path = tmp_path / "test.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        yield Made(path, connection)


def test_a_log_with_what_is_not_moved_is_kept(made: Made) -> None:
    """Not a byte of it goes, also where a later part of the log was moved before."""
    for _ in range(2):
        log, content = made.opened(), made.log.path.read_bytes()
        assert (False, content) == (log.discard_if_moved(), made.log.path.read_bytes())
        log.close()
        made.checkpoint("RESTART")
        made.write()


def test_a_log_that_was_moved_is_discarded_by_each_that_has_it_open(made: Made) -> None:
    """Its frames are gone for all of them, and none takes that for a loss."""
    made.checkpoint("PASSIVE")
    first, second = made.opened(), made.opened()
    assert (True, True) == (first.discard_if_moved(), second.discard_if_moved())
    assert 32 == made.log.path.stat().st_size
    first.close()
    second.close()


def test_a_log_that_a_checkpoint_has_emptied_holds_nothing(made: Made) -> None:
    """Whether that was seen while it was in its place, or another process did it after the loss."""
    before = made.opened()
    made.checkpoint("TRUNCATE")
    after = made.opened()
    assert (True, True) == (before.discard_if_moved(), after.discard_if_moved())
    before.close()
    after.close()


def test_a_log_that_was_cut_behind_what_was_moved_is_kept(made: Made) -> None:
    """That it has nothing more is no sign of a checkpoint: what was acknowledged was cut off."""
    moved = made.log.path.stat().st_size
    with closing(sqlite3.connect(made.log.path.with_name("test.db"), isolation_level=None)) as reader:
        # As long as it reads from the log, that does not begin again.
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM made").fetchone()
        made.checkpoint("PASSIVE")
        made.write()
        log = made.opened()
        assert moved < made.log.path.stat().st_size
        os.truncate(made.log.path, moved)
        assert False is log.discard_if_moved()
    log.close()


def test_what_was_written_since_the_last_look_is_not_taken_for_moved(made: Made) -> None:
    """Another process may have been answered that it is kept."""
    made.checkpoint("RESTART")
    log = made.opened()
    made.write()
    assert False is log.discard_if_moved()
    log.close()


def test_a_checkpoint_after_the_last_look_is_no_proof(made: Made) -> None:
    """It may have been made from another log, in which the same frames are not."""
    log = made.opened()
    made.checkpoint("PASSIVE")
    assert False is log.discard_if_moved()
    log.found_in_place(log.index())
    assert True is log.discard_if_moved()
    log.close()


def test_another_file_in_its_place_is_not_opened(made: Made) -> None:
    """What is cut off must be the log that connections have open."""
    stranger = Known.of(made.log.path.parent / "test.db")
    with pytest.raises(StoreUnavailable, match="deleted or replaced"):
        OpenLog(stranger._replace(path=made.log.path), made.index)
