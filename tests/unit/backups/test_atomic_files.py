"""A file is there as a whole or not at all, whatever ends its writer."""

import errno
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from estuary.backups.atomic_files import ANYBODY, new_file, replaced_file
from estuary.backups.errors import BackupError


def modes(folder: Path) -> dict[str, int]:
    """The files in `folder`, each with its permissions."""
    return {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}


def test_the_file_appears_at_the_end(tmp_path: Path) -> None:
    """Until then its name is not taken; afterwards its content is whole and its owner's alone."""
    path = tmp_path / "file"
    before = os.umask(0)
    try:
        with new_file(path) as file:
            file.write(b"content")
            assert not path.exists()
            assert {0o600} == set(modes(tmp_path).values())
    finally:
        os.umask(before)
    assert b"content" == path.read_bytes()
    assert {"file": 0o600} == modes(tmp_path)


def test_what_everybody_may_know_can_be_read(tmp_path: Path) -> None:
    """The mode asked for holds whatever the umask takes."""
    before = os.umask(0o077)
    try:
        with new_file(tmp_path / "file", ANYBODY) as file:
            file.write(b"content")
    finally:
        os.umask(before)
    assert {"file": 0o644} == modes(tmp_path)


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    """An error in the block takes the file with it and leaves an older one as it was."""
    path = tmp_path / "file"
    path.write_bytes(b"older")
    with pytest.raises(ZeroDivisionError), replaced_file(path) as file:
        file.write(b"%d" % (1 // (file.write(b"newer") - 5)))
    assert b"older" == path.read_bytes()
    assert ["file"] == list(modes(tmp_path))


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    """The system's reason is named with the path, and nothing is left behind."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65536, before[1]))
    try:
        with (
            pytest.raises(BackupError, match="file cannot be written: File too large"),
            new_file(tmp_path / "file") as file,
        ):
            file.write(b"x" * 1_000_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert {} == modes(tmp_path)


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    """No folder is made for a backup: it may be a disk that is not mounted."""
    with (
        pytest.raises(BackupError, match="nowhere/file cannot be written: No such file"),
        new_file(tmp_path / "nowhere" / "file"),
    ):
        pass
    assert {} == modes(tmp_path)


def test_what_a_killed_writer_left_is_removed_by_the_next(tmp_path: Path) -> None:
    """The file of a living writer stays; what is no such file is never touched."""
    (tmp_path / ".other.partial").touch()
    script = (
        "import sys, pathlib; from estuary.backups.atomic_files import new_file\n"
        "with new_file(pathlib.Path(sys.argv[1])) as f:\n"
        " f.write(b'half'); f.flush(); print('.', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, tmp_path / "killed"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        assert b".\n" == writer.stdout.readline()
        with new_file(tmp_path / "meanwhile"):
            assert 4 == len(modes(tmp_path)) + 1
        writer.send_signal(signal.SIGKILL)
    assert [".killed"] == [name[:7] for name in modes(tmp_path) if name.startswith(".killed")]
    with new_file(tmp_path / "next"):
        pass
    assert {".other.partial", "meanwhile", "next"} == set(modes(tmp_path))


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """What the link names is replaced, not the link."""
    (tmp_path / "real").write_bytes(b"older")
    (tmp_path / "link").symlink_to("real")
    with replaced_file(tmp_path / "link") as file:
        file.write(b"newer")
    assert (tmp_path / "link").is_symlink()
    assert b"newer" == (tmp_path / "real").read_bytes()


def test_a_new_file_takes_no_name_that_is_taken_meanwhile(tmp_path: Path) -> None:
    """A file created at the path meanwhile is kept; ours is removed, with an error."""
    path = tmp_path / "file"
    whole = new_file(path)
    whole.__enter__().write(b"ours")
    path.write_bytes(b"another's")
    with pytest.raises(BackupError, match="file is there already"):
        whole.__exit__(None, None, None)
    assert b"another's" == path.read_bytes()
    assert ["file"] == list(modes(tmp_path))


def test_a_dangling_link_is_a_name_that_is_taken(tmp_path: Path) -> None:
    """A new file neither replaces the link nor appears where it leads."""
    (tmp_path / "link").symlink_to("elsewhere")
    with pytest.raises(BackupError, match="link is there already"), new_file(tmp_path / "link"):
        pass
    assert (tmp_path / "link").is_symlink()
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("reason", [errno.EPERM, errno.ENOTSUP, errno.ENOSYS])
def test_a_file_system_without_links_publishes_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reason: int
) -> None:
    """Where link(2) cannot work, the file gets its name all the same, and takes none that is taken."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(reason, os.strerror(reason))

    monkeypatch.setattr(os, "link", refuse)
    with new_file(tmp_path / "file") as file:
        file.write(b"content")
    with pytest.raises(BackupError, match="file is there already"), new_file(tmp_path / "file"):
        pass
    assert b"content" == (tmp_path / "file").read_bytes()
    assert {"file": 0o600} == modes(tmp_path)


def test_of_many_writers_of_one_name_one_gets_it(tmp_path: Path) -> None:
    """The others fail, none removes what another is still writing, and nothing else is left."""
    script = (
        "import sys, pathlib; from estuary.backups.atomic_files import new_file\n"
        "from estuary.backups.errors import BackupError\n"
        "sys.stdin.readline()\n"
        "try:\n"
        " with new_file(pathlib.Path(sys.argv[1])) as f: f.write(sys.argv[2].encode())\n"
        "except BackupError as error: print(error); sys.exit(1)"
    )
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", script, tmp_path / "file", str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(4)
    ]
    reported = [writer.communicate("\n", 60)[0] for writer in writers]
    codes = [writer.returncode for writer in writers]
    assert [0, 1, 1, 1] == sorted(codes)
    assert all("file is there already" in line for line, code in zip(reported, codes, strict=True) if code)
    assert str(codes.index(0)) == (tmp_path / "file").read_text()
    assert {"file": 0o600} == modes(tmp_path)


def test_a_name_as_long_as_names_may_be(tmp_path: Path) -> None:
    """The temporary name that it is written under is no longer than names may be."""
    path = tmp_path / ("ä" * 127)
    with new_file(path) as file:
        file.write(b"content")
    assert b"content" == path.read_bytes()
