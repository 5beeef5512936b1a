"""Kept keys: no other user may write the file that decides which tokens are accepted."""

import os
import stat
from pathlib import Path

from estuary.auth.kept_keys import Kept, KeptKeys, NoKeep

SOURCE = "https://issuer.test/keys"
KEPT = Kept(b'{"keys": []}', 1_700_000_000.5)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    """By another object, as by another process."""
    KeptKeys(tmp_path, SOURCE).write(KEPT)
    assert KEPT == KeptKeys(tmp_path, SOURCE).read()


def test_the_file_is_its_owner_s_alone(tmp_path: Path) -> None:
    """Mode 0600 from its first byte on, and nothing is left beside it."""
    keep = KeptKeys(tmp_path, SOURCE)
    keep.write(KEPT)
    keep.write(KEPT)
    assert 0o600 == stat.S_IMODE(keep.path.stat().st_mode)
    assert [keep.path] == list(tmp_path.iterdir())


def test_each_source_has_its_own(tmp_path: Path) -> None:
    """Keys of one issuer never come up as another's, even under its name."""
    first, second = KeptKeys(tmp_path, SOURCE), KeptKeys(tmp_path, "https://second.test/keys")
    first.write(KEPT)
    assert second.read() is None
    first.path.rename(second.path)
    assert second.read() is None


def test_a_file_that_others_may_write_is_not_read(tmp_path: Path) -> None:
    """A user who can write it could have any token accepted."""
    keep = KeptKeys(tmp_path, SOURCE)
    for mode in (0o620, 0o602, 0o666):
        keep.write(KEPT)
        keep.path.chmod(mode)
        assert keep.read() is None, oct(mode)
    keep.path.chmod(0o640)
    assert KEPT == keep.read()


def test_only_a_file_of_its_own_is_read(tmp_path: Path) -> None:
    """No link, no pipe that would never end, no folder."""
    keep, elsewhere = KeptKeys(tmp_path, SOURCE), tmp_path / "elsewhere"
    keep.write(KEPT)
    keep.path.rename(elsewhere)
    keep.path.symlink_to(elsewhere)
    assert keep.read() is None
    keep.path.unlink()
    os.mkfifo(keep.path)
    assert keep.read() is None
    keep.path.unlink()
    keep.path.mkdir()
    assert keep.read() is None


def test_what_is_not_ours_is_nothing(tmp_path: Path) -> None:
    """A missing, cut or strange file is as none."""
    keep = KeptKeys(tmp_path, SOURCE)
    assert keep.read() is None
    keep.write(KEPT)
    whole = keep.path.read_bytes()
    for content in (b"", whole[:-5], b"[]", b"\xff", b'{"source": 1}'):
        keep.path.write_bytes(content)
        assert keep.read() is None, content


def test_without_a_folder_nothing_is_kept() -> None:
    """The twin for stores without files keeps quiet."""
    keep = NoKeep()
    keep.write(KEPT)
    assert keep.read() is None
