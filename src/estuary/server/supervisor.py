"""The supervisor: forks the workers, replaces those that die, and shuts them down in order."""

import os
import sched
import selectors
import signal
import time
from collections.abc import Callable
from typing import Protocol

import msgspec

from estuary.beginning import STOP_SIGNALS
from estuary.server.channel import MessageKind
from estuary.server.child import CAUGHT, Child, RunWorker, WorkerExit, describe, fork
from estuary.server.notify import ServiceManager
from estuary.server.readiness import Readiness
from estuary.server.respawn import RespawnGuard
from estuary.server.signals import Signals

REPEAT_SECONDS = 2.0
"""A signal to stop within this time of the first one is a repetition: GNU timeout, terminals and programs
that forward signals send it to the supervisor and to its process group. A later one comes from a user."""
_LEAVE_SECONDS = 0.5
"""How long a worker that received SIGTERM waits to be stopped: the signal may have been sent to the whole
group, and the supervisor's own may still be under way."""

_INSTEAD = {signal.SIGHUP: ": restart Estuary to apply a changed configuration"}


class Log(Protocol):
    """The supervisor's log."""

    def debug(self, message: str, /, **fields: object) -> None:
        """Log a detail for developers."""
        ...

    def info(self, message: str, /, **fields: object) -> None:
        """Log an event that operators want to see."""
        ...

    def warn(self, message: str, /, **fields: object) -> None:
        """Log a problem that the service recovers from."""
        ...

    def error(self, message: str, /, **fields: object) -> None:
        """Log a failure that needs attention."""
        ...


class SupervisorConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The supervisor's configuration; times are in seconds.

    `drain`: how long to go on answering after a signal to stop; `timeout`: from that signal to the exit;
    `watchdog`: the service manager's timeout for heartbeats, None if it expects none.
    """

    workers: int
    drain: float
    timeout: float
    watchdog: float | None = None


class Supervisor:
    """Runs `config.workers` processes, each of which calls `run_worker`.

    `announce` is called with each reason why the service is not ready, and with the empty text once it is;
    `on_worker_exit` with the number of each worker that has exited; `stop_listening` when no new
    connections are wanted. It has one thread and one event loop.
    """

    def __init__(
        self,
        run_worker: RunWorker,
        config: SupervisorConfig,
        *,
        log: Log,
        manager: ServiceManager,
        announce: Callable[[str], None],
        on_worker_exit: Callable[[int], None],
        stop_listening: Callable[[], None],
    ) -> None:
        self._run_worker = run_worker
        self._config = config
        self._log = log
        self._manager = manager
        self._on_worker_exit = on_worker_exit
        self._stop_listening = stop_listening
        self._children: dict[int, Child] = {}
        self._guard = RespawnGuard()
        self._timers = sched.scheduler(time.monotonic, time.sleep)
        self._selector = selectors.DefaultSelector()
        self._readiness = Readiness(manager, self._timers, announce)
        self._ending = False
        self._stop_signalled_at: float | None = None
        self._exit_code = 0
        self.failure = ""
        """Why the service could not be started."""

    def run(self) -> int:
        """Serve until shut down; returns the exit code: 0 if every request under way was finished."""
        # Determined now, as SIGHUP comes when the terminal is gone already. nohup ignores the signal.
        self._at_terminal = os.isatty(0) and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN
        with Signals((*CAUGHT, signal.SIGCHLD)) as signals, self._selector:
            self._selector.register(signals, selectors.EVENT_READ)
            try:
                for _ in range(self._config.workers):
                    self._spawn()
                self._watch()
                while self._children or not self._ending:
                    self._turn(signals)
            finally:
                self._kill_all()
        return self._exit_code

    def _turn(self, signals: Signals) -> None:
        ready = self._selector.select(self._timers.run(blocking=False))
        # Signals first: a worker may ask to be stopped because of one that was sent to the whole group.
        for number in signals.receive():
            self._on_signal(number)
        for key, _ in ready:
            if isinstance(key.data, Child) and key.data.pid in self._children:
                self._receive(key.data)

    def _on_signal(self, number: signal.Signals) -> None:
        if number == signal.SIGCHLD:
            self._reap()
        elif number in STOP_SIGNALS or (number == signal.SIGHUP and self._at_terminal):
            self._on_stop_signal(number)
        else:
            self._log.info(f"{number.name} does nothing here{_INSTEAD.get(number, '')}")

    def _on_stop_signal(self, number: signal.Signals) -> None:
        now = time.monotonic()
        if self._stop_signalled_at is None:
            self._stop_signalled_at = now
            if not self._ending:
                self._drain(number)
        elif now - self._stop_signalled_at < REPEAT_SECONDS:
            self._log.debug("The same signal to stop, repeated", signal=number.name)
        else:
            self._log.warn("A second signal: ending at once", signal=number.name)
            self._exit_code = 1
            self._kill_all()

    def _receive(self, child: Child) -> None:
        messages, connected = child.channel.receive()
        for message in messages:
            child.heard = time.monotonic()
            match message.kind:
                case MessageKind.WAITING:
                    self._on_waiting(child, message.text)
                case MessageKind.READY:
                    self._on_ready(child)
                case MessageKind.FAILED:
                    child.failure = message.text
                case MessageKind.LEAVE:
                    self._timers.enter(_LEAVE_SECONDS, 0, self._stop_one, (child,))
                case _:
                    pass
        if not connected:
            self._unregister(child)

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
        number = next(number for number in range(self._config.workers) if number not in taken)
        child = fork(self._run_worker, number, self._children.values())
        self._children[child.pid] = child
        self._selector.register(child.channel, selectors.EVENT_READ, child)

    def _reap(self) -> None:
        """Wait for every child that has exited; as PID 1 of a container, also for adopted ones."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            child = self._children.get(pid)
            if child is not None:
                self._on_exit(child, os.waitstatus_to_exitcode(status))

    def _on_exit(self, child: Child, code: int) -> None:
        self._receive(child)
        del self._children[child.pid]
        self._on_worker_exit(child.number)
        self._unregister(child)
        child.channel.close()
        if self._ending:
            self._log_ending(child, code)
        elif self._readiness.announced or child.leaving or (child.is_listening and not child.failure):
            self._replace(child, code)
        else:
            self._exit_code = max(
                self._exit_code, WorkerExit.MISCONFIGURED if code == WorkerExit.MISCONFIGURED else 1
            )
            self._give_up(child.failure or f"a worker ended before it was ready: {describe(code)}")

    def _unregister(self, child: Child) -> None:
        if child.channel in self._selector.get_map():
            self._selector.unregister(child.channel)

    def _log_ending(self, child: Child, code: int) -> None:
        if code == WorkerExit.CLEAN:
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
        self._stop_workers(time.monotonic() + self._config.timeout)

    # -- The end ----------------------------------------------------------------------------------

    def _drain(self, number: signal.Signals) -> None:
        """Keep answering for a while: load balancers need time to notice that readiness is gone."""
        deadline = time.monotonic() + self._config.timeout
        pause = self._config.drain if self._readiness.announced else 0.0
        self._ending = True
        self._log.info("Shutting down", signal=number.name, drain_seconds=pause)
        self._manager.notify(STOPPING="1", STATUS="Shutting down")
        for child in self._children.values():
            child.channel.send(MessageKind.DRAIN)
        self._timers.enter(pause, 0, self._stop_workers, (deadline,))

    def _stop_workers(self, deadline: float) -> None:
        self._ending = True
        self._readiness.stop_waiting()
        self._stop_listening()
        left = max(0.0, deadline - time.monotonic())
        for child in self._children.values():
            child.channel.send(MessageKind.STOP, str(left))
        self._timers.enterabs(deadline, 0, self._kill_late)

    def _stop_one(self, child: Child) -> None:
        """Stop one worker, which is replaced when it has exited."""
        if self._ending or child.leaving or child.pid not in self._children:
            return
        child.leaving = True
        child.channel.send(MessageKind.STOP, str(self._config.timeout))
        self._timers.enter(self._config.timeout, 0, self._kill_if_there, (child,))

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
        """Send the watchdog's heartbeat, if every worker has sent its own lately."""
        if self._config.watchdog is None:
            return
        half = self._config.watchdog / 2
        now = time.monotonic()
        if all(now - child.heard < half for child in self._children.values()):
            self._manager.notify(WATCHDOG="1")
        self._timers.enter(half, 0, self._watch)
