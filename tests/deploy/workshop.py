"""The checkout as a workshop: its root, its make targets, its tools beside Python."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

from tests.support.programs import require

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
TOOLS = ROOT / ".tools/deploy/bin"

_LOCK = ROOT / ".tools/make.lock"
_MINUTES = 10 * 60


def make(*words: str, **variables: str) -> str:
    """What `make` says to `words`, with `variables` in its environment; it must succeed.

    It has the checkout to itself: tests that run side by side would build the same files at once.
    """
    _LOCK.parent.mkdir(exist_ok=True)
    with _LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return run("make", "--silent", "-C", ROOT, *words, **variables)


def tool(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """What a program of the environment that `make deploy-tools` makes says, whether it succeeds or not."""
    require(f"{name} (make deploy-tools)", name if (TOOLS.parent / ".synced").exists() else None)
    make("deploy-tools")
    return subprocess.run(
        [TOOLS / name, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=_MINUTES, check=False
    )


def require_builders() -> None:
    """What PyInstaller needs of a machine."""
    asked: list[str | Path] = [sys.executable, ROOT / "workshop/executable/needs.py"]
    output = subprocess.run(
        asked, capture_output=True, text=True, timeout=60, check=False
    ).stderr.splitlines()
    require("; ".join(line.strip() for line in output[1:]), None if output else "all of it")


def run(*command: str | Path, **variables: str) -> str:
    """What a program says on its standard output; it must succeed, or all it said is in the failure."""
    done = subprocess.run(
        command,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_MINUTES,
        check=False,
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout
