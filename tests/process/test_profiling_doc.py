"""docs/profiling.md: its commands are run on a service under load, and leave what it says they do."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.support.documents import ROOT, Block, blocks
from tests.support.load import creating_items, load_on
from tests.support.process import TIMEOUT_SECONDS, serving, until
from tests.support.programs import require

DOCUMENT = ROOT / "docs/profiling.md"
BIN = Path(sys.executable).parent
CLIENTS, CREATED = 4, 500
TRACING = "the right to trace another process (root, or kernel.yama.ptrace_scope=0)"


def typed(tool: str) -> list[str]:
    """The commands of the blocks about a tool, in order, each for a second instead of half a minute."""
    reported = [block for block in blocks(DOCUMENT) if block.needs is None and is_about(tool, block)]
    assert reported
    return [
        command.replace("--duration 30", "--duration 1") for block in reported for command in block.commands
    ]


def is_about(tool: str, block: Block) -> bool:
    """Whether a command of the block is the tool's."""
    return any(command.startswith(f"{tool} ") for command in block.commands)


def type_in(folder: Path, commands: Sequence[str], **variables: object) -> str:
    """Run them one after the other in one bash, as a reader of the checkout would; what they said."""
    (folder / "workshop").symlink_to(ROOT / "workshop")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(commands)],
        cwd=folder,
        env={
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "LANG": "C.UTF-8",
            **{name: str(value) for name, value in variables.items()},
        },
        capture_output=True,
        text=True,
        timeout=2 * TIMEOUT_SECONDS,
        check=False,
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


def drawn(picture: Path) -> str:
    """All that a picture names."""
    return " ".join(ET.parse(picture).getroot().itertext())  # noqa: S314 - we have just drawn it


def may_trace() -> str | None:
    """What allows this process to read the memory of one that is not its child; None if nothing does."""
    scope = Path("/proc/sys/kernel/yama/ptrace_scope")
    free = not scope.exists() or scope.read_text().strip() == "0"
    return "yes" if os.geteuid() == 0 or free else None


def test_py_spy_says_where_time_goes(tmp_path: Path) -> None:
    """What runs now, and two flame graphs with the frames of a request in them."""
    require("py-spy", shutil.which("py-spy", path=str(BIN)))
    require(TRACING, may_trace())
    require("pgrep", shutil.which("pgrep"))
    with serving(tmp_path) as server, load_on(server, creating_items(), CLIENTS):
        reported = type_in(tmp_path, typed("py-spy"), SUPERVISOR=server.pid)
    assert "MainThread" in reported
    for picture in ("flame.svg", "reads.svg"):
        assert "data_received" in drawn(tmp_path / picture)


def test_memray_says_who_holds_memory(tmp_path: Path) -> None:
    """Estuary serves under it and ends in order; the worker's file tells of what creating items took."""
    require("memray", shutil.which("memray", path=str(BIN)))
    start, *look = typed("memray")
    program, *arguments = shlex.split(start)
    with serving(tmp_path, command=[str(BIN / program), *arguments]) as server:
        (worker,) = server.workers
        with load_on(server, creating_items(), CLIENTS) as load:
            until(lambda: load.answered >= CREATED)
        server.send_to_all(signal.SIGINT)
        assert 0 == server.wait()
    reported = type_in(tmp_path, look, WORKER=worker)
    assert "Peak memory usage" in reported
    assert "data_received" in drawn(tmp_path / "peak.svg")


@pytest.mark.parametrize(
    "picture", sorted(ROOT.glob("docs/pictures/profile-*.svg")), ids=lambda path: path.name
)
def test_the_pictures_are_those_of_a_request(picture: Path) -> None:
    """They are in the document, were drawn by this tool, and are small enough to be kept."""
    assert f"(pictures/{picture.name})" in DOCUMENT.read_text()
    assert "data_received" in drawn(picture)
    assert picture.stat().st_size < 300_000
