"""A service for the tests of a project: started, waited for, and ended with them."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from urllib.request import urlopen

from estuary.config.environment import process_environment

_HOST = "127.0.0.1"
_START_SECONDS = 30.0
_BETWEEN_SECONDS = 0.05
_ATTEMPTS = 3
_USUAL = {
    "HOST": _HOST,
    "WORKERS": "1",
    "DATABASE_URL": "memory://",
    "RATE_LIMIT_ENABLED": "false",
    "LOG_FILTER": "estuary=warn",
    "SHUTDOWN_DRAIN_SECONDS": "0",
}


class NotServed(Exception):
    """The service ended before it was ready, or never was; the message is what it said."""


@contextmanager
def served(folder: Path | str = ".", **variables: str) -> Iterator[str]:
    """The origin of a service of the project in `folder`, such as `http://127.0.0.1:49152`.

    Records are kept in memory, and requests are not limited, unless `variables` say otherwise; everything
    else is as the project's own configuration has it. Raises `NotServed`.
    """
    for _ in range(_ATTEMPTS):
        port = _free_port()
        command = [sys.executable, "-m", "estuary", "serve"]
        around = process_environment({**_USUAL, "PORT": str(port), **variables})
        with (
            TemporaryFile() as errors,
            subprocess.Popen(command, cwd=folder, env=around, stderr=errors) as service,  # noqa: S603 - ours
        ):
            try:
                if _answers(service, f"http://{_HOST}:{port}"):
                    yield f"http://{_HOST}:{port}"
                    return
            finally:
                service.terminate()
                service.wait()
            errors.seek(0)
            said = errors.read()
        if b"is in use" not in said:
            raise NotServed(said.decode(errors="replace").strip())
    raise NotServed(f"{_ATTEMPTS} ports that were free were taken by others")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(service: "subprocess.Popen[bytes]", origin: str) -> bool:
    """Whether the service becomes ready, waited for; False where it ends before."""
    end = time.monotonic() + _START_SECONDS
    while service.poll() is None and time.monotonic() < end:
        try:
            with urlopen(f"{origin}/health/ready", timeout=_START_SECONDS):  # noqa: S310 - our own address
                return True
        except OSError:
            time.sleep(_BETWEEN_SECONDS)
    return False
