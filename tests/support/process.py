"""A real `estuary serve` in processes of its own: started, waited for, signalled, and never left behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Self

import psutil

HOST = "127.0.0.1"
TIMEOUT_SECONDS = 30.0
"""How long a condition may take to come true; never how long it should."""

READY = "Estuary is ready"
NOT_READY = "Estuary answers, but is not ready yet"
_PORT_TAKEN = "is in use"
_ATTEMPTS = 5

USUAL = {
    "HOST": HOST,
    "LOG_FORMAT": "json",
    "LOG_FILTER": "estuary=info",
    "RATE_LIMIT_ENABLED": "false",
    "SHUTDOWN_TIMEOUT_SECONDS": "20",
}
"""What tests want unless they say otherwise."""
PASSED_ON = ("PATH", "PYTHONPATH")
"""All that is taken from the environment around them: whatever modules the tests have, servers have too."""


class Output:
    """What a process writes to one of its streams, line by line as it comes; waiting is on conditions."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._lines: list[str] = []
        self._ended = False
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def lines(self) -> list[str]:
        """The lines so far."""
        with self._changed:
            return list(self._lines)

    @property
    def text(self) -> str:
        """All that was written, once the process has ended."""
        self._reader.join(TIMEOUT_SECONDS)
        return "\n".join(self.lines)

    def wait_for(self, wanted: Callable[[str], bool]) -> str | None:
        """The first line that is `wanted`, waited for; None if the stream ends without one."""
        seen = 0
        with self._changed:
            while True:
                for line in self._lines[seen:]:
                    if wanted(line):
                        return line
                seen = len(self._lines)
                if self._ended:
                    return None
                if not self._changed.wait(TIMEOUT_SECONDS):
                    raise TimeoutError(f"no such line among {self._lines[-20:]}")

    def _read(self) -> None:
        # A terminal whose other side is gone is read with an error where a pipe is at its end.
        with suppress(OSError):
            for line in self._stream:
                with self._changed:
                    self._lines.append(line.decode(errors="replace").rstrip("\r\n"))
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self._stream.close()


class NotReady(Exception):
    """The server ended before it was ready; the message is what it said."""


class Server:
    """One `estuary serve`, the leader of a process group of its own."""

    COMMAND = (sys.executable, "-m", "estuary", "serve")

    def __init__(self, process: subprocess.Popen[bytes], port: int, out: Output, err: Output) -> None:
        self._process = process
        self.port = port
        self.out = out
        self.err = err

    @classmethod
    def start(
        cls,
        directory: Path,
        variables: Mapping[str, str] | None = None,
        *,
        command: Sequence[str] | None = None,
        **options: Any,
    ) -> Self:
        """Start it in `directory` with `variables` over the usual ones; `options` go to `Popen`."""
        environment = environment_of(variables or {})
        process = subprocess.Popen(
            command or cls.COMMAND,
            cwd=directory,
            env=environment,
            start_new_session=True,
            **{
                "stdin": subprocess.DEVNULL,
                "stdout": subprocess.PIPE,
                "stderr": subprocess.PIPE,
                **options,
            },
        )
        return cls.of(process, int(environment["PORT"]))

    @classmethod
    def of(cls, process: subprocess.Popen[bytes], port: int) -> Self:
        """One that was started by another command, with pipes for what it says."""
        return cls(process, port, _output(process.stdout), _output(process.stderr))

    @property
    def pid(self) -> int:
        """The supervisor."""
        return self._process.pid

    @property
    def origin(self) -> str:
        """Where it is spoken to."""
        return f"http://{HOST}:{self.port}"

    @property
    def workers(self) -> list[int]:
        """The processes that the supervisor has started and that are not dead."""
        children = psutil.Process(self.pid).children(recursive=True)
        return [child.pid for child in children if is_alive(child)]

    def wait_until_ready(self, message: str = READY) -> dict[str, Any]:
        """The line that says so, or that it is not yet; raises `NotReady`."""
        try:
            reported = self.record(message)
        except EOFError:
            code = self._process.wait(TIMEOUT_SECONDS)
            raise NotReady(f"exit {code}: {self.err.text}{self.out.text}") from None
        self.port = int(reported["address"].rpartition(":")[2])
        return reported

    def record(self, message: str, **fields: Any) -> dict[str, Any]:
        """The first log record with this message and fields, waited for; EOFError if it never comes."""

        def wanted(line: str) -> bool:
            record = _parsed(line)
            return {"message": message, **fields}.items() <= record.items()

        line = self.out.wait_for(wanted)
        if line is None:
            raise EOFError(message)
        return _parsed(line)

    def records(self) -> list[dict[str, Any]]:
        """Every log record so far."""
        return [record for line in self.out.lines if (record := _parsed(line))]

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the supervisor alone."""
        self._process.send_signal(number)

    def send_to_all(self, number: signal.Signals) -> None:
        """Send a signal to the whole group, as a terminal does."""
        os.killpg(self.pid, number)

    def wait(self) -> int:
        """The exit code, when there is one; -9 stands for SIGKILL."""
        return self._process.wait(TIMEOUT_SECONDS)

    def stop(self) -> int:
        """Ask it to end, and wait for that; the exit code."""
        self.send(signal.SIGTERM)
        return self.wait()

    @property
    def is_running(self) -> bool:
        """Whether the supervisor has not ended."""
        return self._process.poll() is None

    def wait_until_gone(self) -> None:
        """Return when no process of the group is left, zombies included; needs the supervisor ended."""
        self.wait()
        until(lambda: not _group_exists(self.pid))

    def destroy(self) -> None:
        """Leave nothing of it, whatever state it is in."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait(TIMEOUT_SECONDS)


@contextmanager
def started(
    directory: Path, variables: Mapping[str, str] | None = None, **options: Any
) -> Iterator[Server]:
    """A server that was started, perhaps without success; what is left of it afterwards is destroyed."""
    server = Server.start(directory, variables, **options)
    try:
        yield server
    finally:
        server.destroy()


@contextmanager
def serving(
    directory: Path, variables: Mapping[str, str] | None = None, *, message: str = READY, **options: Any
) -> Iterator[Server]:
    """A server that has said `message`; another process may win the port, then the next one is tried."""
    for attempt in range(_ATTEMPTS):
        with started(directory, variables, **options) as server:
            try:
                server.wait_until_ready(message)
            except NotReady as failure:
                if _PORT_TAKEN in str(failure) and attempt < _ATTEMPTS - 1:
                    continue
                raise
            yield server
            return


def until(condition: Callable[[], bool], seconds: float = TIMEOUT_SECONDS) -> None:
    """Return when `condition` holds; raises `TimeoutError`.

    One that takes long to look at, as it starts a program, leaves the processor to others half of the time;
    what it took to wait itself is not waited a second time.
    """
    pause, begun = threading.Event(), time.monotonic()
    deadline = begun + seconds
    while not condition():
        now = time.monotonic()
        if now > deadline:
            raise TimeoutError
        pause.wait(min(max(0.005, now - begun), 0.25))
        begun = time.monotonic()


def environment_of(variables: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of a server: `variables` over the usual ones, a free port, and memory."""
    store = {} if "DATABASE_URL" in variables else {"DATABASE_TYPE": "memory"}
    around = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {**around, "PORT": str(free_port()), **USUAL, **store, **variables}


def free_port() -> int:
    """A port of the loopback interface that is free now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def is_alive(process: psutil.Process) -> bool:
    """Whether it runs: neither a zombie, nor reaped between its listing and this look at it."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _output(stream: IO[bytes] | None) -> Output:
    return Output(stream if stream is not None else Path(os.devnull).open("rb"))


def _parsed(line: str) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads(line)
    except ValueError:
        return {}
    return record


def _group_exists(leader: int) -> bool:
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return False
    return True
