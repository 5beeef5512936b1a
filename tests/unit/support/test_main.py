"""`python -m tests`: whatever ends the run, no process of it is left."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil
import pytest

from tests.support.process import TIMEOUT_SECONDS, until

ROOT = Path(__file__).parents[3]
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(600)
"""
LEAVES_AN_ORPHAN = """
import subprocess, sys
orphan = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print(orphan.pid, file=sys.stderr)
"""
SUITE = f"""
import subprocess, sys, time
from pathlib import Path

HERE = Path(__file__).parent

def test_with_servers():
    command = [sys.executable, "-c", {STUBBORN!r}]
    stubborn = subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE)
    stubborn.stdout.readline()
    with HERE.joinpath("pids").open("w") as pids:
        print(stubborn.pid, file=pids, flush=True)
        subprocess.run([sys.executable, "-c", {LEAVES_AN_ORPHAN!r}], stderr=pids)
    HERE.joinpath("begun").touch()
    HERE.joinpath("waits").exists() and time.sleep(600)
"""
RUN = (sys.executable, "-m", "tests")
INI = "[pytest]\naddopts = -p no:cacheprovider -p xdist\n"


def run_of(folder: Path, *arguments: str, begins: Sequence[str] = RUN) -> subprocess.Popen[bytes]:
    """The tests of `SUITE`, begun: its servers run."""
    (folder / "test_suite.py").write_text(SUITE)
    (folder / "pytest.ini").write_text(INI)
    command = [*begins, "-q", "-c", f"{folder}/pytest.ini", *arguments, str(folder)]
    run = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},  # importing all of them takes seconds
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    until((folder / "begun").exists)
    return run


def pids_of(folder: Path) -> list[int]:
    """The servers that the suite has started."""
    return [int(word) for word in (folder / "pids").read_text().split()]


def kill_pytest(run: subprocess.Popen[bytes]) -> None:
    """Take pytest away from its parent, as the kernel does where memory runs out."""
    psutil.Process(run.pid).children()[0].kill()


ENDINGS: dict[str, tuple[Callable[[subprocess.Popen[bytes]], None], list[str], int]] = {
    "SIGINT": (lambda run: run.send_signal(signal.SIGINT), [], 130),
    "SIGTERM beside workers": (lambda run: run.send_signal(signal.SIGTERM), ["-n", "1"], 143),
    "pytest is killed beside workers": (kill_pytest, ["-n", "1"], 137),
}


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_CHILD_SUBREAPER is Linux's")
@pytest.mark.parametrize(("end", "arguments", "code"), ENDINGS.values(), ids=ENDINGS)
def test_a_run_that_is_stopped_leaves_no_server(
    tmp_path: Path, end: Callable[[subprocess.Popen[bytes]], None], arguments: list[str], code: int
) -> None:
    """Neither what ignores SIGTERM nor what lost its parent; the exit code says what ended it."""
    (tmp_path / "waits").touch()
    run = run_of(tmp_path, *arguments)
    end(run)
    run.communicate(timeout=2 * TIMEOUT_SECONDS)
    assert code == run.returncode
    assert [] == [pid for pid in pids_of(tmp_path) if psutil.pid_exists(pid)]


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_CHILD_SUBREAPER is Linux's")
def test_what_a_whole_run_leaves_is_ended_and_told(tmp_path: Path) -> None:
    """A test that forgets its server is found by what the run says last; pytest's own exit code stays."""
    run = run_of(tmp_path)
    _, reported = run.communicate(timeout=2 * TIMEOUT_SECONDS)
    assert 0 == run.returncode
    assert [] == [pid for pid in pids_of(tmp_path) if psutil.pid_exists(pid)]
    assert 2 == reported.decode().count("tests: left running, and ended: ")


def test_every_target_that_tests_runs_them_so() -> None:
    """In the Makefile; and no shell stands between it and the signal that make passes on."""
    recipes = re.findall(r"^\t.*(?:-m pytest|-m tests).*$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert [] == [
        recipe
        for recipe in recipes
        if not re.search(r"exec (env \S+=.+ )?\$\(BIN\)/python -m tests ", recipe)
    ]


@pytest.mark.long
def test_make_passes_the_order_on(tmp_path: Path) -> None:
    """What ends `make test` ends pytest, and nothing is left."""
    (tmp_path / "waits").touch()
    make = run_of(tmp_path, begins=["sh", "-c", 'exec make test JOBS=1 ARGS="$*"', "make"])
    servers = [psutil.Process(pid) for pid in pids_of(tmp_path)]
    make.terminate()
    make.communicate(timeout=2 * TIMEOUT_SECONDS)
    assert [] == psutil.wait_procs(servers, TIMEOUT_SECONDS)[1]
