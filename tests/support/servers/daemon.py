"""A server as a child process: started, ended in every manner, frozen, and never left behind."""

import pwd
import signal
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from tests.support.process import TIMEOUT_SECONDS, free_port, until

_ATTEMPTS = 5


class Daemon(ABC):
    """One server on a port of the loopback interface, which it keeps over restarts.

    `folder` holds what it writes. `user` is whom it runs as, where that is not who runs the tests.
    """

    def __init__(self, folder: Path, *, user: str | None = None) -> None:
        self.folder = folder
        self.port = free_port()
        self._user = user
        self._process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """Where clients find it."""

    @abstractmethod
    def command(self) -> Sequence[str | Path]:
        """What starts it in the foreground."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether it serves; False also where something else took its port."""

    @property
    def pid(self) -> int:
        """Its process; raises `RuntimeError` before the first start."""
        if self._process is None:
            raise RuntimeError(f"{type(self).__name__} is not running")
        return self._process.pid

    @property
    def log(self) -> str:
        """All that it ever wrote to its outputs."""
        return self._log_path.read_text(errors="replace") if self._log_path.exists() else ""

    def start(self) -> None:
        """Start it and wait until it serves; raises `RuntimeError` with its log if it ends instead."""
        with self._log_path.open("ab") as log:
            self._process = subprocess.Popen(
                self.command(),
                cwd=self.folder,
                **identity_of(self._user),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until(lambda: self.answers() or not self._is_running)
        if not self._is_running:
            self._process = None
            raise RuntimeError(f"{type(self).__name__} ended at once: {self.log[-2000:]}")

    def start_anywhere(self) -> None:
        """Start it for the first time; another process may win the port, then the next one is tried."""
        for _ in range(_ATTEMPTS - 1):
            try:
                return self.start()
            except RuntimeError:
                if "in use" not in self.log:
                    raise
                self._log_path.unlink()
                self.port = free_port()
        return self.start()

    def stop(self) -> None:
        """Ask it to end, and wait for that; nothing if it is not running."""
        self.end_by(signal.SIGTERM)

    def restart(self) -> None:
        """Stop it and start it again."""
        self.stop()
        self.start()

    def end_by(self, number: signal.Signals) -> None:
        """Send it a signal that ends it, and wait for that; nothing if it is not running."""
        if self._process is None:
            return
        self._process.send_signal(number)
        # A frozen process takes no other signal than SIGKILL before it is woken.
        with suppress(psutil.NoSuchProcess):
            self.send_to_all(signal.SIGCONT)
        self._process.wait(TIMEOUT_SECONDS)
        self._process = None

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let it hang while the block runs: connections stay open, nothing is answered."""
        self.send_to_all(signal.SIGSTOP)
        try:
            yield
        finally:
            self.send_to_all(signal.SIGCONT)

    def send_to_all(self, number: signal.Signals) -> None:
        """Send a signal to it and to the processes it has started."""
        process = psutil.Process(self.pid)
        # The parent first: frozen, it starts no more children.
        process.send_signal(number)
        for child in process.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                child.send_signal(number)

    @property
    def _is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def _log_path(self) -> Path:
        return self.folder / "log"


def identity_of(user: str | None) -> dict[str, Any]:
    """What has `subprocess` start a program as `user`, in that user's group alone; as we are if None."""
    if user is None:
        return {}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}
