"""The service learns of a backup that somebody else made."""

from pathlib import Path

import pytest

from estuary.backups.status import BackupStatus, read_status, write_status
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
