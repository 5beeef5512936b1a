"""Runs the tests, `python -m tests [pytest's arguments]`, and leaves no process behind however they end.

Tests start servers in sessions of their own, and what a worker of pytest-xdist has started outlives it when
it is killed. So pytest runs as a child here: what loses its parent becomes a child too (prctl(2),
PR_SET_CHILD_SUBREAPER), and what is left when pytest has ended, been interrupted or been killed is ended.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType

import psutil

_PR_SET_CHILD_SUBREAPER = 36
_ORDERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_GRACE_SECONDS = 15
"""How long pytest may take to close what it has open before it is killed."""
_GRACE_OF_LEFT_SECONDS = 3
"""The same for what pytest has left."""


class _Run:
    """One pytest, in our process group."""

    def __init__(self, arguments: Sequence[str]) -> None:
        command = [sys.executable, "-m", "pytest", *arguments]
        self._pid = os.posix_spawn(sys.executable, command, os.environ)
        self._ordered: signal.Signals | None = None

    def stop(self, number: int, _frame: FrameType | None) -> None:
        """Have pytest close down; an interrupt typed at the terminal has reached it without us."""
        if self._ordered is None and not (number == signal.SIGINT and _typed()):
            os.kill(self._pid, signal.SIGINT)
        self._ordered = signal.Signals(number)
        signal.alarm(_GRACE_SECONDS)

    def kill(self, _number: int, _frame: FrameType | None) -> None:
        """Wait no longer."""
        os.kill(self._pid, signal.SIGKILL)

    def wait(self) -> int:
        """Its exit code, or 128 and the number of the signal that ended the run."""
        while True:
            # Orphans are waited for as well: tests look for processes that are gone.
            pid, status = os.waitpid(-1, 0)
            if pid == self._pid:
                break
        code = os.waitstatus_to_exitcode(status)
        if self._ordered is not None:
            return 128 + self._ordered
        return code if code >= 0 else 128 - code


def _typed() -> bool:
    """Whether the terminal sends an interrupt to all of its foreground, and pytest is in it."""
    with suppress(OSError, ValueError):
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    return False


def _end_all() -> list[str]:
    """End every process that descends from this one; the command lines of our own children among them."""
    message: dict[int, str] = {}
    for orphan in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):
            message[orphan.pid] = " ".join(orphan.cmdline()) or orphan.name()
    end = psutil.Process.terminate
    while processes := psutil.Process().children(recursive=True):
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                end(process)
        psutil.wait_procs(processes, timeout=_GRACE_OF_LEFT_SECONDS)
        end = psutil.Process.kill
    return list(message.values())


def main(arguments: Sequence[str]) -> int:
    """Pytest's exit code, once nothing of the run is left."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    run = _Run(arguments)
    for number in _ORDERS:
        signal.signal(number, run.stop)
    signal.signal(signal.SIGALRM, run.kill)
    code = run.wait()
    for number in (*_ORDERS, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)
    for left in _end_all():
        sys.stderr.write(f"tests: left running, and ended: {left[:200]}\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
