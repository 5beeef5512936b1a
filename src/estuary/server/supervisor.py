"""The supervisor: keeps the workers alive, and ends them in order when it is told to."""

import os
import sched
import selectors
import signal
import time
from collections.abc import Callable
from typing import Protocol

import msgspec

from estuary.beginning import STOPPING
from estuary.server.channel import Word
from estuary.server.child import CAUGHT, Child, Ending, Live, describe, fork
from estuary.server.notify import ServiceManager
from estuary.server.readiness import Readiness
from estuary.server.respawn import RespawnGuard
from estuary.server.signals import Signals

REPEAT_SECONDS = 2.0
"""So long after the word to stop, another one is the same: GNU timeout, a terminal and programs that pass
signals on tell the supervisor and its whole group. A person who will not wait comes later."""
_LEAVE_SECONDS = 0.5
"""So long a worker that was told to go waits for leave: all of us may have been told, it first."""


_INSTEAD = {signal.SIGHUP: ": restart Estuary to apply a changed configuration"}


class Log(Protocol):
    """Where the supervisor says what it does."""

    def debug(self, message: str, /, **fields: object) -> None:
        """Something that a developer wants to know."""
        ...

    def info(self, message: str, /, **fields: object) -> None:
        """Something that an operator wants to know."""
        ...

    def warn(self, message: str, /, **fields: object) -> None:
        """Something is wrong, but Estuary copes."""
        ...

    def error(self, message: str, /, **fields: object) -> None:
        """Something is broken, and somebody has to look at it."""
        ...


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """How the supervisor does its work; times are in seconds.

    `drain`: how long to go on answering after the word to stop; `timeout`: from that word to the end;
    `watchdog`: how long the service manager waits for a sign of life, None if it does not.
    """

    workers: int
    drain: float
    timeout: float
    watchdog: float | None = None


class Supervisor:
    """Runs `terms.workers` processes that live `live`.

    `announce` is called when every worker is ready for the first time, and before with the reason why not;
    `buried` with the number of each worker that has ended; `let_go` when no new connection shall come in.
    One thread, one loop, no waiting but on it.
    """

    def __init__(
        self,
        live: Live,
        terms: Terms,
        *,
        log: Log,
        manager: ServiceManager,
        announce: Callable[[str], None],
        buried: Callable[[int], None],
        let_go: Callable[[], None],
    ) -> None:
        self._live = live
        self._terms = terms
        self._log = log
        self._manager = manager
        self._buried = buried
        self._let_go = let_go
        self._children: dict[int, Child] = {}
        self._guard = RespawnGuard()
        self._timers = sched.scheduler(time.monotonic, time.sleep)
        self._selector = selectors.DefaultSelector()
        self._readiness = Readiness(manager, self._timers, announce)
        self._ending = False
        self._told_at: float | None = None
        self._exit_code = 0
        self.failure = ""
        """Why the service could not be started."""

    def run(self) -> int:
        """Serve until the end; returns the exit code: 0 when everything under way was finished."""
        # Asked for now: once the terminal is gone it is no terminal any more. nohup has hang-ups ignored.
        self._at_terminal = os.isatty(0) and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN
        with Signals((*CAUGHT, signal.SIGCHLD)) as signals, self._selector:
            self._selector.register(signals, selectors.EVENT_READ)
            try:
                for _ in range(self._terms.workers):
                    self._spawn()
                self._watch()
                while self._children or not self._ending:
                    self._turn(signals)
            finally:
                self._kill_all()
        return self._exit_code

    def _turn(self, signals: Signals) -> None:
        ready = self._selector.select(self._timers.run(blocking=False))
        # Signals first: a worker that asks to leave may hear that all of us do.
        for number in signals.receive():
            self._on_signal(number)
        for key, _ in ready:
            if isinstance(key.data, Child) and key.data.pid in self._children:
                self._hear(key.data)

    def _on_signal(self, number: signal.Signals) -> None:
        if number == signal.SIGCHLD:
            self._bury()
        elif number in STOPPING or (number == signal.SIGHUP and self._at_terminal):
            self._obey(number)
        else:
            self._log.info(f"{number.name} does nothing here{_INSTEAD.get(number, '')}")

    def _obey(self, number: signal.Signals) -> None:
        now = time.monotonic()
        if self._told_at is None:
            self._told_at = now
            if not self._ending:
                self._drain(number)
        elif now - self._told_at < REPEAT_SECONDS:
            self._log.debug("The same word to stop, once more", signal=number.name)
        else:
            self._log.warn("A second signal: ending at once", signal=number.name)
            self._exit_code = 1
            self._kill_all()

    def _hear(self, child: Child) -> None:
        messages, connected = child.channel.receive()
        for word, text in messages:
            child.heard = time.monotonic()
            match word:
                case Word.WAITING:
                    self._on_waiting(child, text)
                case Word.READY:
                    self._on_ready(child)
                case Word.FAILED:
                    child.failure = text
                case Word.LEAVE:
                    self._timers.enter(_LEAVE_SECONDS, 0, self._dismiss, (child,))
                case _:
                    pass
        if not connected:
            self._unplug(child)

    def _on_waiting(self, child: Child, reason: str) -> None:
        child.is_listening = True
        if not self._ending:
            self._readiness.wait(reason)

    def _on_ready(self, child: Child) -> None:
        child.is_listening = True
        child.ready_at = child.heard
        if self._readiness.announced:
            self._log.info("A worker is back", worker=child.pid, seconds=round(child.heard - child.born, 3))
        elif all(each.ready_at is not None for each in self._children.values()) and not self._ending:
            self._readiness.reached()

    # -- Workers come and go ----------------------------------------------------------------------

    def _spawn(self) -> None:
        if self._ending:
            return
        taken = {child.number for child in self._children.values()}
        number = next(number for number in range(self._terms.workers) if number not in taken)
        child = fork(self._live, number, self._children.values())
        self._children[child.pid] = child
        self._selector.register(child.channel, selectors.EVENT_READ, child)

    def _bury(self) -> None:
        """Take note of every process that has ended; as PID 1 of a container, of strangers too."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            child = self._children.get(pid)
            if child is not None:
                self._lose(child, os.waitstatus_to_exitcode(status))

    def _lose(self, child: Child, code: int) -> None:
        self._hear(child)
        del self._children[child.pid]
        self._buried(child.number)
        self._unplug(child)
        child.channel.close()
        if self._ending:
            self._note_ending(child, code)
        elif self._readiness.announced or child.leaving or (child.is_listening and not child.failure):
            self._replace(child, code)
        else:
            self._exit_code = max(
                self._exit_code, Ending.MISCONFIGURED if code == Ending.MISCONFIGURED else 1
            )
            self._give_up(child.failure or f"a worker ended before it was ready: {describe(code)}")

    def _unplug(self, child: Child) -> None:
        if child.channel in self._selector.get_map():
            self._selector.unregister(child.channel)

    def _note_ending(self, child: Child, code: int) -> None:
        if code == Ending.CLEAN:
            return
        self._exit_code = 1
        self._log.error(
            "A worker did not end well", worker=child.pid, reason=child.failure or describe(code)
        )

    def _replace(self, child: Child, code: int) -> None:
        now = time.monotonic()
        pause = 0.0 if child.leaving else self._guard.pause(now, child.served(now))
        reason = "asked to leave" if child.leaving else child.failure or describe(code)
        if pause is None:
            self._log.error("Workers keep dying; giving up", worker=child.pid, reason=reason)
            self._give_up(f"workers keep dying; the last one: {reason}")
            return
        self._log.warn("A worker ended; replacing it", worker=child.pid, reason=reason, pause=pause)
        self._timers.enter(pause, 0, self._spawn)

    def _give_up(self, why: str) -> None:
        self.failure = self.failure or why
        self._exit_code = max(self._exit_code, 1)
        self._stop_workers(time.monotonic() + self._terms.timeout)

    # -- The end ----------------------------------------------------------------------------------

    def _drain(self, number: signal.Signals) -> None:
        """Keep answering for a while: a load balancer needs time to see that we go."""
        deadline = time.monotonic() + self._terms.timeout
        pause = self._terms.drain if self._readiness.announced else 0.0
        self._ending = True
        self._log.info("Shutting down", signal=number.name, drain_seconds=pause)
        self._manager.tell(STOPPING="1", STATUS="Shutting down")
        for child in self._children.values():
            child.channel.send(Word.DRAIN)
        self._timers.enter(pause, 0, self._stop_workers, (deadline,))

    def _stop_workers(self, deadline: float) -> None:
        self._ending = True
        self._readiness.stop_waiting()
        self._let_go()
        left = max(0.0, deadline - time.monotonic())
        for child in self._children.values():
            child.channel.send(Word.STOP, str(left))
        self._timers.enterabs(deadline, 0, self._kill_late)

    def _dismiss(self, child: Child) -> None:
        """Let one worker go; it is replaced as soon as it has ended."""
        if self._ending or child.leaving or child.pid not in self._children:
            return
        child.leaving = True
        child.channel.send(Word.STOP, str(self._terms.timeout))
        self._timers.enter(self._terms.timeout, 0, self._kill_if_there, (child,))

    def _kill_late(self) -> None:
        for child in self._children.values():
            self._log.error("Killing a worker that did not end in time", worker=child.pid)
            child.kill()

    def _kill_if_there(self, child: Child) -> None:
        if child.pid in self._children:
            child.kill()

    def _kill_all(self) -> None:
        for child in self._children.values():
            child.kill()

    # -- Signs of life ----------------------------------------------------------------------------

    def _watch(self) -> None:
        """Tell the service manager that all is well, if every worker's event loop has turned lately."""
        if self._terms.watchdog is None:
            return
        half = self._terms.watchdog / 2
        now = time.monotonic()
        if all(now - child.heard < half for child in self._children.values()):
            self._manager.tell(WATCHDOG="1")
        self._timers.enter(half, 0, self._watch)
