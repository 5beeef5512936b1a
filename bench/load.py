"""The load: wrk over kept-alive connections, from a core of its own; a figure never comes from errors."""

import shutil
import subprocess
from pathlib import Path

import msgspec

from bench.cores import pinned
from bench.exchange import Exchange

CONNECTIONS = 32
SCRIPT = Path(__file__).with_name("load.lua")
TOKENS_SCRIPT = Path(__file__).with_name("tokens.lua")
GRACE_SECONDS = 30


class LoadMissing(Exception):
    """wrk is not installed."""


class LoadFailed(Exception):
    """Some answers were not the expected ones: the run has no figure."""


class Load(msgspec.Struct, frozen=True):
    """What wrk counted. `refused` are answers with a status of 400 or more; times are in microseconds."""

    requests: int
    duration_us: int
    refused: int
    socket_errors: int
    p50_us: int
    p99_us: int

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.requests * 1e6 / self.duration_us


def require() -> str:
    """Where wrk is; raises `LoadMissing` with how to get it."""
    found = shutil.which("wrk")
    if found is None:
        raise LoadMissing(
            "wrk makes the load and is not installed: `apt install wrk`, `brew install wrk`, "
            "or build it from https://github.com/wg/wrk"
        )
    return found


def run(
    origin: str,
    exchange: Exchange,
    seconds: int,
    core: int,
    *,
    connections: int = CONNECTIONS,
    tokens: Path | None = None,
) -> Load:
    """Repeat `exchange` at `origin` for `seconds`; raises `LoadFailed` if one answer is another.

    With `tokens`, a file that has one a line, each request carries the next of them.
    """
    script, argument = (SCRIPT, exchange.body.decode()) if tokens is None else (TOKENS_SCRIPT, str(tokens))
    command = [
        require(),
        *("-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(script)),
        *(word for header in exchange.headers for word in ("-H", header)),
        *(origin + exchange.path, "--", exchange.method),
        *([argument] if argument else []),
    ]
    with pinned(core):
        finished = subprocess.run(
            command, capture_output=True, text=True, timeout=seconds + GRACE_SECONDS, check=False
        )
    if finished.returncode != 0:
        raise LoadFailed(f"wrk ended with {finished.returncode}: {finished.stderr.strip()}")
    return checked(parse(finished.stdout), exchange)


def parse(output: str) -> Load:
    """What the script printed as its last line; raises `LoadFailed` if it is not there."""
    last = output.strip().rpartition("\n")[2]
    try:
        return msgspec.json.decode(last, type=Load)
    except msgspec.DecodeError as error:
        raise LoadFailed(f"wrk printed no figures, but: {last!r}") from error


def checked(load: Load, exchange: Exchange) -> Load:
    """`load` itself; raises `LoadFailed` unless every answer had the expected kind of status."""
    expected_refusals = load.requests if exchange.status >= 400 else 0
    wrong = abs(load.refused - expected_refusals)
    if load.socket_errors or wrong or not load.requests:
        raise LoadFailed(
            f"{exchange.method} {exchange.path}: of {load.requests} answers {wrong} had not status "
            f"{exchange.status}, and {load.socket_errors} requests broke off"
        )
    return load
