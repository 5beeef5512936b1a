"""A worker as its supervisor knows it: forked, spoken to, ended."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from enum import IntEnum
from typing import NoReturn

from estuary.beginning import STOPPING
from estuary.server.channel import Channel

CAUGHT = (*STOPPING, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
"""Signals that the supervisor acts on, or says why it does not. A terminal or a service manager sends some
to the whole group; to a worker they mean nothing."""

Live = Callable[[Channel, int], int]
"""A worker's whole life, given its end of the line and its number; returns its exit code."""


class Ending(IntEnum):
    """The exit codes of a worker."""

    CLEAN = 0
    FAILED = 1
    MISCONFIGURED = 2
    CUT_OFF = 3
    NOT_CLOSED = 4


class Child:
    """One running worker. Of those that run at a time, each has a `number` of its own, from 0 on."""

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
        """For how many seconds it has answered requests, 0 if it never did."""
        return 0.0 if self.ready_at is None else now - self.ready_at

    def kill(self) -> None:
        """Send SIGKILL; nothing happens where the process is gone."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


def fork(live: Live, number: int, siblings: Iterable[Child]) -> Child:
    """A new worker that lives `live` under `number`; call it from a process with one thread.

    The worker lets go of its siblings' lines: it would keep them open when the supervisor dies, and
    its reader would see no end.
    """
    ours, theirs = Channel.pair()
    # Until the worker has its own handlers, a signal to it would be written to the supervisor's socket.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, CAUGHT)
    pid = os.fork()
    if pid == 0:
        for line in (ours, *(sibling.channel for sibling in siblings)):
            line.close()
        _leave_signals_to_supervisor()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        _live_and_exit(live, theirs, number)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    theirs.close()
    return Child(pid, number, ours)


def describe(code: int) -> str:
    """How a worker ended, for people; `code` as `os.waitstatus_to_exitcode` gives it."""
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return {
        Ending.CLEAN: "ended without being asked to",
        Ending.CUT_OFF: "requests were cut off",
        Ending.NOT_CLOSED: "the store could not be closed in time",
    }.get(Ending(code) if code in list(Ending) else Ending.FAILED, f"exit status {code}")


def _leave_signals_to_supervisor() -> None:
    signal.set_wakeup_fd(-1)
    for number in CAUGHT:
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def _live_and_exit(live: Live, channel: Channel, number: int) -> NoReturn:
    """Never return: the stack below belongs to the supervisor, whose clean-up is not ours to run."""
    code: int = Ending.FAILED
    try:
        code = live(channel, number)
    except BaseException:  # noqa: BLE001 - a defect: shown as the interpreter would, then the process ends
        sys.excepthook(*sys.exc_info())
    finally:
        for stream in (sys.stdout, sys.stderr):
            # A full disk refuses the rest, or a closed pipe: nothing may lead back into the supervisor.
            with suppress(Exception):
                stream.flush()
        os._exit(code)
