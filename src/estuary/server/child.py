"""A worker process as the supervisor handles it: forked, sent messages, killed."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from enum import IntEnum
from typing import NoReturn

from estuary.beginning import STOP_SIGNALS
from estuary.server.channel import Channel

CAUGHT = (*STOP_SIGNALS, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
"""Signals that the supervisor handles, if only with a log line. A terminal or a service manager sends some
of them to the whole process group; workers ignore them."""

RunWorker = Callable[[Channel, int], int]
"""Runs a worker, given its end of the channel and its number; returns its exit code."""


class WorkerExit(IntEnum):
    """The exit codes of a worker."""

    CLEAN = 0
    FAILED = 1
    MISCONFIGURED = 2
    CUT_OFF = 3
    NOT_CLOSED = 4


class Child:
    """One running worker. Workers that run at the same time have different numbers, from 0 on."""

    def __init__(self, pid: int, number: int, channel: Channel) -> None:
        self.pid = pid
        self.number = number
        self.channel = channel
        self.born = self.heard = time.monotonic()
        self.is_listening = False
        self.ready_at: float | None = None
        self.leaving = False
        self.failure = ""

    def served(self, now: float) -> float:
        """The seconds for which it has answered requests; 0 if it never did."""
        return 0.0 if self.ready_at is None else now - self.ready_at

    def kill(self) -> None:
        """Send SIGKILL, if the process still exists."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


def fork(run_worker: RunWorker, number: int, siblings: Iterable[Child]) -> Child:
    """Fork a worker that calls `run_worker`; the calling process must have a single thread.

    The worker closes its siblings' channels: held open here, they would keep the siblings from seeing that
    the supervisor has died.
    """
    ours, theirs = Channel.pair()
    # Until the worker has its own handlers, a signal to it would be written to the supervisor's socket.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, CAUGHT)
    pid = os.fork()
    if pid == 0:
        for channel in (ours, *(sibling.channel for sibling in siblings)):
            channel.close()
        _ignore_signals()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        _run_and_exit(run_worker, theirs, number)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    theirs.close()
    return Child(pid, number, ours)


def describe(code: int) -> str:
    """How a worker ended, for a log line; `code` is that of `os.waitstatus_to_exitcode`."""
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return {
        WorkerExit.CLEAN: "ended without being asked to",
        WorkerExit.CUT_OFF: "requests were cut off",
        WorkerExit.NOT_CLOSED: "the store could not be closed in time",
    }.get(WorkerExit(code) if code in list(WorkerExit) else WorkerExit.FAILED, f"exit status {code}")


def _ignore_signals() -> None:
    signal.set_wakeup_fd(-1)
    for number in CAUGHT:
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def _run_and_exit(run_worker: RunWorker, channel: Channel, number: int) -> NoReturn:
    """Never returns: the callers are the supervisor's, and their clean-up must not run in a worker."""
    code: int = WorkerExit.FAILED
    try:
        code = run_worker(channel, number)
    except BaseException:  # noqa: BLE001 - a defect: shown as the interpreter would, then the process ends
        sys.excepthook(*sys.exc_info())
    finally:
        for stream in (sys.stdout, sys.stderr):
            # A full disk or a closed pipe must not raise here: the exception would reach the supervisor's
            # code.
            with suppress(Exception):
                stream.flush()
        os._exit(code)
