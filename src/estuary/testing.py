"""A service for the tests of a project: started, waited for, and ended with them."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile

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


_KEYS = "keys.json"
_ISSUER = _AUDIENCE = "estuary.testing"
_TOKEN_SECONDS = 3600


class NotServed(Exception):
    """The service ended before it was ready, or never was; the message is its standard error."""


@dataclass(frozen=True)
class Service:
    """A service that is running: its `origin`, such as `http://127.0.0.1:49152`, and tokens for it."""

    origin: str
    _keys: Path | None = None

    def token(self, sub: str = "tester", **claims: object) -> str:
        """A token of the subject `sub`, with further `claims`, that this service accepts for an hour.

        Scopes are in the claim `scope`; `AUTH_OWNER_CLAIM` and `AUTH_ROLES_CLAIM` name two more.
        Raises `ValueError` if the service was not served with `tokens`.
        """
        if self._keys is None:
            raise ValueError("no tokens are accepted: serve the project with served(folder, tokens=True)")
        from estuary.auth.trial import TrialKeys

        now = int(time.time())
        own = {"iss": _ISSUER, "aud": _AUDIENCE, "sub": sub, "iat": now, "exp": now + _TOKEN_SECONDS}
        return TrialKeys.read(self._keys).sign(own | claims)


@contextmanager
def served(folder: Path | str = ".", *, tokens: bool = False, **variables: str) -> Iterator[Service]:
    """A service of the project in `folder`, in its own process, until the block ends.

    Records are kept in memory, and requests are not limited, unless `variables` say otherwise; everything
    else is as the project's own configuration has it. With `tokens` it accepts those that `Service.token`
    makes, in place of any other issuer's (the extra `auth`). Raises `NotServed`.
    """
    with TemporaryDirectory(prefix="estuary-testing-") as scratch:
        keys = Path(scratch, _KEYS) if tokens else None
        around = {**_USUAL, **_issuer(keys), **variables}
        for _ in range(_ATTEMPTS):
            port = _free_port()
            with _started(Path(folder), process_environment({**around, "PORT": str(port)})) as service:
                if service.answers(port):
                    yield Service(f"http://{_HOST}:{port}", keys)
                    return
            if b"is in use" not in service.errors:
                raise NotServed(service.errors.decode(errors="replace").strip())
    raise NotServed(f"{_ATTEMPTS} ports that were free were taken by others")


def _issuer(keys: Path | None) -> Mapping[str, str]:
    """The variables that accept tokens signed with a new key, which is written to `keys`."""
    if keys is None:
        return {}
    from estuary.app.trial import trial_issuer

    return {
        "AUTH_ENABLED": "true",
        "AUTH_JWKS_URLS": trial_issuer(keys).as_uri(),
        "AUTH_ISSUER": _ISSUER,
        "AUTH_AUDIENCE": _AUDIENCE,
    }


class _Process:
    """A process of `estuary serve`, and when it has ended, what it wrote to standard error."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self.errors = b""

    def answers(self, port: int) -> bool:
        """Whether the service becomes ready, waited for; False where it ends before."""
        end = time.monotonic() + _START_SECONDS
        while self._process.poll() is None and time.monotonic() < end:
            if _is_ready(port):
                return True
            time.sleep(_BETWEEN_SECONDS)
        return False


@contextmanager
def _started(folder: Path, environment: Mapping[str, str]) -> Iterator[_Process]:
    command = [sys.executable, "-m", "estuary", "serve"]
    with (
        TemporaryFile() as errors,
        subprocess.Popen(command, cwd=folder, env=environment, stderr=errors) as process,  # noqa: S603 - ours
    ):
        service = _Process(process)
        try:
            yield service
        finally:
            process.terminate()
            process.wait()
            errors.seek(0)
            service.errors = errors.read()


def _is_ready(port: int) -> bool:
    asking = HTTPConnection(_HOST, port, timeout=_START_SECONDS)
    try:
        asking.request("GET", "/health/ready")
        return asking.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        asking.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port
