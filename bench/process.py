"""A server as a child process: started on its core, waited for, weighed, and stopped."""

import http.client
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec
import psutil

from bench.cores import pinned

HOST = "127.0.0.1"
READY_TIMEOUT_SECONDS = 120.0
STOP_TIMEOUT_SECONDS = 15.0
POLL_SECONDS = 0.002
"""Between two looks at whether a server answers: it is all that contenders have in common, and nothing else
says when the first answer can be had. A start-up is measured too long by this much at most."""
MIB = 2**20


class Launch(msgspec.Struct, frozen=True):
    """How to start a server: its command, and what its environment has beside the bare minimum."""

    command: Sequence[str]
    environment: Mapping[str, str] = {}


class NotReady(Exception):
    """A server ended or stayed silent before it answered."""


class Weight(NamedTuple):
    """Memory of a process and all its descendants, in MiB: resident, and with shared pages split."""

    rss: float
    pss: float


class Server:
    """A running server. `ready_after` is the time from its start to its first answer, in seconds."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, output: Path) -> None:
        self._process = process
        self._output = output
        self.pid = process.pid
        self.port = port
        self.origin = f"http://{HOST}:{port}"
        self.ready_after = 0.0

    def wait_until_ready(self, path: str, begun: float) -> None:
        """Poll `path` until it is answered with 200; raises `NotReady` with the server's last words."""
        while not _answers(self.port, path):
            elapsed = time.perf_counter() - begun
            if self._process.poll() is not None or elapsed > READY_TIMEOUT_SECONDS:
                raise NotReady(f"{self._process.args!r} gave no answer: {self._last_words()}")
            time.sleep(POLL_SECONDS)  # whether a server answers shows only when it is asked
        self.ready_after = time.perf_counter() - begun

    def weigh(self) -> Weight:
        """What the server's processes hold in memory now."""
        parent = psutil.Process(self.pid)
        held = [process.memory_full_info() for process in (parent, *parent.children(recursive=True))]
        return Weight(sum(info.rss for info in held) / MIB, sum(info.pss for info in held) / MIB)

    def stop(self) -> None:
        """Ask the server to end; after `STOP_TIMEOUT_SECONDS`, end it and what it started."""
        if self._process.poll() is not None:
            return
        family = psutil.Process(self.pid).children(recursive=True)
        self._process.terminate()
        try:
            self._process.wait(STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for orphan in psutil.wait_procs(family, timeout=1)[1]:
            orphan.kill()

    def _last_words(self) -> str:
        return self._output.read_text(errors="replace")[-2000:].strip()


@contextmanager
def serve(launch: Launch, port: int, folder: Path, ready_path: str, core: int) -> Iterator[Server]:
    """The server, ready to be asked; it works and logs in `folder`, and is stopped at the end."""
    output = folder / "output.log"
    begun = time.perf_counter()
    with output.open("wb") as sink, pinned(core):
        process = subprocess.Popen(
            launch.command,
            cwd=folder,
            env={**minimal_environment(), **launch.environment},
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
    server = Server(process, port, output)
    try:
        server.wait_until_ready(ready_path, begun)
        yield server
    finally:
        server.stop()


def minimal_environment() -> dict[str, str]:
    """What a child needs of this process's environment; nothing that could configure a server unasked."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
