"""The supervisor of `estuary dev`: forks a new worker for each saved version of a project.

This process holds the listening socket and runs nothing of the project. The previous version goes on
answering until the new one is ready, and then finishes its requests; a version that cannot be served ends,
and the last good one goes on.
"""

import os
import sched
import selectors
import signal
import time
from collections.abc import Callable, Sequence

from estuary.beginning import STOP_SIGNALS
from estuary.server.channel import Channel, Message, MessageKind
from estuary.server.child import CAUGHT, Child, RunWorker, describe, fork
from estuary.server.respawn import RespawnGuard
from estuary.server.signals import Signals

STOP_SECONDS = 5.0
"""Seconds that a version may take to finish its requests."""
SUPERSEDED_SECONDS = 0.2
"""Seconds that a version may take to end that was superseded before it was ready."""
SLOW_SECONDS = 3.0
"""Seconds after which a version that is still being imported is reported."""

Configure = Callable[[], RunWorker]
"""Reads the configuration; returns what runs a worker with it. Raises `CannotConfigure`."""
Watch = Callable[[Channel], int]
"""Runs the watching process, given its end of the channel."""
Prepare = Callable[[], None]
"""Called once, when the first version is ready: imports what later ones are likely to need."""
Say = Callable[[str], None]
"""Prints a message for the developer."""


class CannotConfigure(Exception):
    """The configuration cannot be used; the message says why."""


class Version(Child):
    """A worker that serves one version of the project; `changed` are the files that it was started for."""

    def __init__(self, child: Child, changed: Sequence[str]) -> None:
        super().__init__(child.pid, child.number, child.channel)
        self.changed = changed
        self.introduction = ""
        self.superseded = False


class Reloader:
    """Keeps the newest version that can be served running; one thread, one event loop.

    `say` prints what a developer wants to know, `complain` what is wrong.
    """

    def __init__(
        self, configure: Configure, watch: Watch, prepare: Prepare, *, say: Say, complain: Say
    ) -> None:
        self._configure = configure
        self._watch = watch
        self._prepare: Prepare | None = prepare
        self._say = say
        self._complain = complain
        self._timers = sched.scheduler(time.monotonic, time.sleep)
        self._selector = selectors.DefaultSelector()
        self._guard = RespawnGuard()
        self._watcher: Child | None = None
        self._versions: dict[int, Version] = {}
        self._serving: Version | None = None
        self._starting: Version | None = None
        self._waiting: Sequence[str] | None = None
        """Files that changed while a version was starting, which the next one supersedes."""
        self._introduced = ""
        self._exit_code: int | None = None

    def run(self) -> int:
        """Serve until a signal to stop; returns the exit code."""
        with Signals((*CAUGHT, signal.SIGCHLD)) as signals, self._selector:
            self._selector.register(signals, selectors.EVENT_READ)
            try:
                self._watcher = self._fork(lambda channel, _: self._watch(channel))
                while self._exit_code is None or self._versions:
                    self._turn(signals)
            finally:
                self._kill_all()
        return self._exit_code or 0

    def _turn(self, signals: Signals) -> None:
        ready = self._selector.select(self._timers.run(blocking=False))
        for number in signals.receive():
            if number == signal.SIGCHLD:
                self._reap()
            elif number in STOP_SIGNALS or number == signal.SIGHUP:
                self._end(0)
        for key, _ in ready:
            if isinstance(key.data, Child) and key.data in self._children():
                self._receive(key.data)

    def _receive(self, child: Child) -> None:
        messages, connected = child.channel.receive()
        for message in messages:
            if isinstance(child, Version):
                self._on_message(child, message)
            elif message.kind is MessageKind.READY:
                self._start(())
            elif message.kind is MessageKind.CHANGED:
                self._on_change(message.text.split("\n"))
            else:
                child.failure = message.text
        if not connected:
            self._unregister(child)

    # -- Versions come and go ---------------------------------------------------------------------

    def _on_change(self, changed: Sequence[str]) -> None:
        if self._exit_code is not None:
            return
        if self._starting is None:
            self._start(changed)
        else:
            self._waiting = [*(self._waiting or ()), *changed]
            self._supersede(self._starting)

    def _start(self, changed: Sequence[str]) -> None:
        """Fork a version with the configuration as it is now."""
        try:
            run_worker = self._configure()
        except CannotConfigure as error:
            self._report_failure(changed, str(error))
            return
        version = Version(self._fork(run_worker), changed)
        self._versions[version.pid] = version
        self._selector.modify(version.channel, selectors.EVENT_READ, version)
        self._starting = version
        self._timers.enter(SLOW_SECONDS, 0, self._report_slow, (version,))

    def _on_message(self, version: Version, message: Message) -> None:
        match message.kind:
            case MessageKind.INTRODUCED:
                version.introduction = message.text
            case MessageKind.FAILED:
                version.failure = message.text
            case MessageKind.WAITING:
                self._on_waiting(version, message.text)
            case MessageKind.READY:
                self._on_ready(version)
            case _:
                pass

    def _on_waiting(self, version: Version, reason: str) -> None:
        """Its store is not there: the version before has at least been ready once."""
        if version is not self._starting:
            return
        if self._serving is None:
            self._complain(f"not ready yet: {reason}")
        else:
            version.failure = reason
            self._stop(version)

    def _on_ready(self, version: Version) -> None:
        version.ready_at = time.monotonic()
        if version is not self._starting or version.superseded:
            return
        before, self._serving, self._starting = self._serving, version, None
        if before is not None:
            self._stop(before)
        if version.introduction != self._introduced:
            self._introduced = version.introduction
            self._say(version.introduction)
        if self._prepare is not None:
            self._timers.enter(0, 0, self._prepare)
            self._prepare = None
        if version.changed:
            seconds = version.ready_at - version.born
            self._say(f"reloaded in {seconds:.2f} s: {_named(version.changed)}")

    def _reap(self) -> None:
        for child in self._children():
            pid, status = os.waitpid(child.pid, os.WNOHANG)
            if pid:
                self._on_exit(child, os.waitstatus_to_exitcode(status))

    def _on_exit(self, child: Child, code: int) -> None:
        self._receive(child)
        self._unregister(child)
        child.channel.close()
        if child is self._watcher:
            self._watcher = None
            if self._exit_code is None:
                self._complain(f"files are not watched any more: {child.failure or describe(code)}")
                self._end(1)
        elif isinstance(child, Version):
            del self._versions[child.pid]
            self._on_version_exit(child, code)

    def _on_version_exit(self, version: Version, code: int) -> None:
        if version is self._starting:
            self._starting = None
            if not version.superseded:
                self._report_failure(version.changed, version.failure or describe(code))
        elif version is self._serving:
            self._serving = None
            self._replace(version, code)
        if self._waiting is not None and self._starting is None and self._exit_code is None:
            changed, self._waiting = self._waiting, None
            self._start(changed)

    def _replace(self, version: Version, code: int) -> None:
        """Start again what ended by itself, unless it keeps doing so."""
        if self._exit_code is not None or self._starting is not None:
            return
        now = time.monotonic()
        pause = self._guard.pause(now, version.served(now))
        reason = version.failure or describe(code)
        if pause is None:
            self._complain(f"the process keeps ending: {reason}; save a file to start it again")
        else:
            self._complain(f"the process ended, and is started again: {reason}")
            self._timers.enter(pause, 0, self._start_again)

    def _start_again(self) -> None:
        if self._exit_code is None and self._starting is None and self._serving is None:
            self._start(())

    def _report_failure(self, changed: Sequence[str], reason: str) -> None:
        if self._exit_code is not None:
            return
        what = f"{_named(changed)} cannot be served" if changed else "this cannot be served"
        then = "the version before goes on answering" if self._serving else "nothing is served"
        self._complain(f"{what}:\n{reason}\n{then}; save a file to try again")

    def _report_slow(self, version: Version) -> None:
        if version is self._starting and not version.introduction and not version.superseded:
            what = _named(version.changed) if version.changed else "this"
            self._complain(
                f"{what} is still being imported after {SLOW_SECONDS:.0f} s: what does it wait for?"
            )

    # -- Processes --------------------------------------------------------------------------------

    def _fork(self, run: RunWorker) -> Child:
        child = fork(run, 0, self._children())
        self._selector.register(child.channel, selectors.EVENT_READ, child)
        return child

    def _children(self) -> list[Child]:
        """Every process that has not been waited for."""
        return [*self._versions.values(), *([self._watcher] if self._watcher else [])]

    def _unregister(self, child: Child) -> None:
        if child.channel in self._selector.get_map():
            self._selector.unregister(child.channel)

    def _supersede(self, version: Version) -> None:
        """End what is still starting; while its modules are imported, that ends it at once."""
        if not version.superseded:
            version.superseded = True
            self._stop(version, SUPERSEDED_SECONDS)

    def _stop(self, version: Version, seconds: float = STOP_SECONDS) -> None:
        """Have a version finish its requests and end; it is killed if it has not a second later."""
        version.channel.send(MessageKind.DRAIN)
        version.channel.send(MessageKind.STOP, str(seconds))
        self._timers.enter(seconds + 1, 0, self._kill_if_there, (version,))

    def _kill_if_there(self, version: Version) -> None:
        if version.pid in self._versions:
            version.kill()

    def _end(self, code: int) -> None:
        if self._exit_code is not None:
            self._kill_all()
            return
        self._exit_code = code
        for version in self._versions.values():
            self._stop(version)

    def _kill_all(self) -> None:
        for child in self._children():
            child.kill()
            os.waitpid(child.pid, 0)
        self._versions, self._watcher = {}, None


def _named(changed: Sequence[str]) -> str:
    first, *others = dict.fromkeys(changed)
    return first if not others else f"{first} and {len(others)} more"
