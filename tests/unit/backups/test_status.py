"""The service learns of a backup that somebody else made."""

from datetime import timedelta
from pathlib import Path

import pytest

from estuary.backups.status import BackupStatus, last_success, read_status, write_status
from tests.unit.backups.making import MADE_AT


def test_what_was_written_is_read(tmp_path: Path) -> None:
    """The last success replaces the one before."""
    path = tmp_path / "status"
    for records in (1, 2):
        write_status(path, BackupStatus(MADE_AT, records, "00"))
        assert BackupStatus(MADE_AT, records, "00") == read_status(path)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b"[" * 100_000, b'{"made_at":1}'])
def test_what_cannot_be_read_is_no_success(tmp_path: Path, content: bytes) -> None:
    """A broken file never looks like a backup."""
    (tmp_path / "status").write_bytes(content)
    assert None is read_status(tmp_path / "status")
    assert None is read_status(tmp_path / "missing")
    assert None is read_status(tmp_path)


def test_a_success_in_the_future_is_none(tmp_path: Path) -> None:
    """A clock that was wrong does not keep monitoring green until that time has come."""
    path = tmp_path / "status"
    write_status(path, BackupStatus(MADE_AT, 1, "00"))
    assert MADE_AT == last_success(path, MADE_AT)
    assert MADE_AT == last_success(path, MADE_AT - timedelta(minutes=4))
    assert None is last_success(path, MADE_AT - timedelta(minutes=6))
    assert None is last_success(tmp_path / "missing", MADE_AT)


def test_a_time_without_a_zone_is_no_time(tmp_path: Path) -> None:
    """It could be any of a day's hours."""
    (tmp_path / "status").write_text('{"made_at":"2026-11-25T12:00:00","records":1,"sha256":"00"}')
    assert None is read_status(tmp_path / "status")
