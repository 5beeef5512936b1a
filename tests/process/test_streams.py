"""Commands whose streams are closed, full or without a reader, and whose paths cannot be used."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.backups import estuary, item_lines, records, variables

DOING = ["backup copy", "import --replace lines", "restore --replace whole", "migrate"]
TELLING = ["export", "check", "openapi", "convex schema", "token --keys keys.json", "--version", "--help"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store, and with what commands read."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "lines").write_bytes(item_lines(3))
    assert 0 == estuary(folder, "import", "lines").returncode
    assert 0 == estuary(folder, "backup", "whole").returncode
    return folder


@pytest.fixture
def filled(made: Path, tmp_path: Path) -> Path:
    """The same, to be changed at will."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path


def shell(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Run a line of a shell, in which `estuary` is the command."""
    line = f"estuary() {{ '{sys.executable}' -m estuary \"$@\"; }}; set -o pipefail; {command}"
    return subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env=variables(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("ending", [">&-", ">/dev/full", "| true", ">&- 2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("command", DOING)
def test_a_command_succeeds_where_its_output_cannot_be_written(
    filled: Path, command: str, ending: str
) -> None:
    """Exit 0, no trace, and neither store nor backup holds a byte of what was printed."""
    done = shell(filled, f"estuary {command} {ending}")
    assert (0, "") == (done.returncode, done.stderr)
    assert 3 == len(records(filled))
    if command.startswith("backup"):
        assert 0 == estuary(filled, "restore", "--verify", "copy").returncode


@pytest.mark.parametrize("ending", [">&-", ">/dev/full"])
@pytest.mark.parametrize("command", TELLING)
def test_output_that_is_lost_is_a_failure(filled: Path, command: str, ending: str) -> None:
    """Exit 1 and one line, for a command that is called for what it prints."""
    done = shell(filled, f"estuary {command} {ending}")
    assert 1 == done.returncode
    *before, line = done.stderr.splitlines()
    assert line.startswith("estuary: input or output failed, and not all was done: ")
    assert not before or ["made keys.json and its public half beside it"] == before


def test_an_import_without_standard_input_replaces_nothing(filled: Path) -> None:
    """A closed stream is not an empty one."""
    done = shell(filled, "estuary import --replace <&-")
    assert (1, "") == (done.returncode, done.stdout)
    assert "estuary: input or output failed, and not all was done: Bad file descriptor\n" == done.stderr
    assert 3 == len(records(filled))


LONG = "x" * 300
PATHS = {
    "backup nodir/": (2, "there is no folder 'nodir/'"),
    "backup nodir/ --keep 3": (2, "there is no folder 'nodir/'"),
    "backup ''": (2, "it is empty: is a variable not set?"),
    "export ''": (2, "it is empty: is a variable not set?"),
    "export nodir/": (2, "'nodir/' is a folder: name a file"),
    "restore whole/": (2, "'whole/' is a folder: name a file"),
    "backup whole/copy": (1, "copy cannot be written: Not a directory"),
    f"backup {LONG}": (1, "cannot be written: File name too long"),
    f"backup {LONG} --keep 3": (2, "--keep and --keep-days are about a folder"),
    f"export {LONG}/copy": (1, "cannot be written: File name too long"),
    f"restore {LONG}": (1, "cannot be read: File name too long"),
    f"import {LONG}": (1, "cannot be read: File name too long"),
    "backup -": (
        2,
        "a backup is read back, so it cannot be a stream: name a file (./- for one called -), or ",
    ),
    "restore -": (2, "a backup is verified before it is read, so it cannot be a stream: name a file"),
    "backup loop": (1, "loop is there already"),
    "restore loop": (1, "loop cannot be read: Too many levels of symbolic links"),
    "restore data": (1, "data is not a regular file"),
    f"token --keys {LONG}": (1, "File name too long"),
    "token --keys whole/keys.json": (1, "Not a directory"),
    "convex write whole": (1, "whole cannot be written: "),
    f"convex write {LONG}": (1, "File name too long"),
    f"DATABASE_URL=sqlite:///{LONG}.db backup copy": (1, "File name too long"),
    f"DATABASE_URL=sqlite:///{LONG}.db export": (1, "File name too long"),
    f"DATABASE_URL=sqlite:///{LONG}.db check": (1, "File name too long"),
    f"DATABASE_URL=sqlite:///{LONG}.db migrate": (1, ""),
    f"DATABASE_URL=sqlite:///{LONG}.db migrate --plan": (1, ""),
    "DATABASE_URL=sqlite:///whole/x.db backup copy": (1, "there is no database at "),
    "DATABASE_URL=sqlite:///whole/x.db check": (1, "cannot be made"),
    "DATABASE_URL=sqlite:///whole/x.db migrate": (1, "cannot be made: "),
    "DATABASE_URL=sqlite:///loop backup copy": (1, "Too many levels of symbolic links"),
    "DATABASE_URL=sqlite:///loop check": (1, "Too many levels of symbolic links"),
    "DATABASE_URL=sqlite:///data check": (1, "/data: The database is a folder; name a regular file"),
    "DATABASE_URL=sqlite:///data backup copy": (1, "/data: The database is a folder; name a regular file"),
    **{
        f"DATABASE_URL=sqlite:///pipe {command}": (1, "/pipe: The database is a FIFO (a named pipe); name ")
        for command in (
            *("check", "migrate", "migrate --plan", "serve"),
            *("backup copy", "export", "import lines", "restore whole"),
        )
    },
}


@pytest.mark.parametrize("command", PATHS, ids=lambda command: command.replace(LONG, "LONG"))
def test_a_path_that_cannot_be_used_is_told_in_one_line(filled: Path, command: str) -> None:
    """No trace, the right exit code, and nothing made that was not asked for."""
    code, reported = PATHS[command]
    (filled / "loop").symlink_to("loop")
    os.mkfifo(filled / "pipe")
    before = sorted(path.name for path in filled.iterdir())
    setting, arguments = "", command
    if command.startswith("DATABASE_URL"):
        setting, _, arguments = command.partition(" ")
    done = shell(filled, f"{setting} estuary {arguments}")
    # What is configured is shown before the store is looked at.
    assert (code, arguments == "check") == (done.returncode, done.stdout != "")
    assert reported in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("estuary")
    assert before == sorted(path.name for path in filled.iterdir())
