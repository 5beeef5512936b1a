"""`python -m bench.pipeline`: what a request costs inside the application, without a server or a socket.

Hands bytes to Estuary's own connections and takes the bytes of the answers, with the whole production
pipeline on and the access log going to a file, and says how many microseconds each kind of request takes
and which module takes them. For tuning: figures that are published come from `python -m bench`.
"""

import argparse
import asyncio
import cProfile
import pstats
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar, cast

import msgspec

from bench import exchange
from bench.contenders.contender import ROOT, SCRATCH
from bench.contenders.estuary import environment
from bench.cores import choose, pinned
from bench.exchange import Exchange
from estuary.app import Service, build
from estuary.config.environment import load_from
from estuary.http.http1.connection import Connection
from estuary.http.http1.connection_limits import ConnectionLimits
from estuary.http.http1.listener import Listener

T = TypeVar("T")

SOURCE = ROOT / "src" / "estuary"
ROUNDS = 5
SHOWN = 24
BUILT_IN = "~"
"""The profiler's name for the file of a function written in C."""


class Transport:
    """The client's side of a connection: takes the answers."""

    def __init__(self) -> None:
        self.answer = b""

    def get_extra_info(self, _: str) -> tuple[str, int]:
        """The client's address."""
        return ("127.0.0.1", 40_000)

    def write(self, answer: bytes) -> None:
        """Take an answer."""
        self.answer = answer


class Caller:
    """Makes one exchange with the application, as often as it is asked."""

    def __init__(self, listener: Listener, asked: Exchange) -> None:
        self._asked = asked
        self._request = _bytes(asked)
        self._transport = Transport()
        connection = Connection(listener)
        connection.connection_made(cast("Any", self._transport))
        self._receive = connection.data_received

    async def answer(self) -> Any:
        """The answer's JSON; raises `WrongAnswer`."""
        await _outside_of_tasks(lambda: self._receive(self._request))
        head, _, body = self._transport.answer.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 %d " % self._asked.status):
            raise exchange.WrongAnswer(f"{self._asked.path}: {head!r}, {body!r}")
        return msgspec.json.decode(body)

    async def repeat(self, times: int) -> float:
        """Make the exchange `times`, one after the other: microseconds each."""

        def all_of_them() -> float:
            receive, request = self._receive, self._request
            begun = time.perf_counter()
            for _ in range(times):
                receive(request)
            return (time.perf_counter() - begun) / times * 1e6

        return await _outside_of_tasks(all_of_them)


def _bytes(asked: Exchange) -> bytes:
    """The request as the load generator sends it."""
    lines = [f"{asked.method} {asked.path} HTTP/1.1", "Host: 127.0.0.1:3000"]
    if asked.body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(asked.body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + asked.body


async def _outside_of_tasks(call: Callable[[], T]) -> T:
    """The outcome of `call`, made by the loop itself, as it calls a connection."""
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()
    loop.call_soon(lambda: outcome.set_result(call()))
    return await outcome


async def measure(service: Service, times: int, profiled: str) -> None:
    """Print what each kind of request costs, and where the time of the `profiled` kind goes."""
    await service.start()
    try:
        callers = await _callers(Listener(service.application, socket.socket(), ConnectionLimits()))
        for name, caller in callers.items():
            rounds = sorted([await caller.repeat(times // ROUNDS) for _ in range(ROUNDS)])
            print(f"{name:8}{rounds[ROUNDS // 2]:8.1f} µs   (fastest round {rounds[0]:.1f})")
        print(f"\nWhere a {profiled} spends its time (under the profiler: shares, not absolute times)")
        print("\n".join(_shares(await _profile(callers[profiled], times))))
    finally:
        await service.stop()


async def _callers(listener: Listener) -> dict[str, Caller]:
    """One caller a kind of request, each having had the right answer once, over a full page of items."""
    create = Caller(listener, exchange.create())
    created = await create.answer()
    await create.repeat(exchange.PAGE_LENGTH)
    callers = {
        "read": Caller(listener, exchange.read(created["id"])),
        "create": create,
        "list": Caller(listener, exchange.page()),
        "health": Caller(listener, exchange.health()),
        "404": Caller(listener, exchange.unknown()),
    }
    for caller in callers.values():
        await caller.answer()
    return callers


async def _profile(caller: Caller, times: int) -> pstats.Stats:
    profiler = cProfile.Profile()
    profiler.enable()
    await caller.repeat(times)
    profiler.disable()
    return pstats.Stats(profiler)


def _shares(stats: pstats.Stats) -> Iterator[str]:
    """Each module's own share; what C code takes is counted with the module that calls it."""
    own: Counter[str] = Counter()
    profile: dict[Any, Any] = vars(stats)["stats"]
    for (file, _, _), (_, _, seconds, _, callers) in profile.items():
        if file != BUILT_IN:
            own[_module(file)] += seconds
            continue
        for (caller_file, _, _), (_, _, seconds_for_caller, _) in callers.items():
            own[_module(caller_file)] += seconds_for_caller
    whole = sum(own.values())
    for module, seconds in own.most_common(SHOWN):
        yield f"{seconds / whole:6.1%}  {module}"


def _module(file: str) -> str:
    path = Path(file)
    return str(path.relative_to(SOURCE)) if path.is_relative_to(SOURCE) else path.name


@contextmanager
def production(store: str) -> Iterator[Service]:
    """Estuary as in production on `store`, its log in a file that vanishes with its database."""
    SCRATCH.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="bench-pipeline-", dir=SCRATCH) as name:
        folder = Path(name)
        settings = load_from(environment(store, 3000, folder), directory=folder).settings
        with (folder / "access.log").open("w") as log:
            with redirect_stdout(log):
                service = build(settings)
            yield service


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m bench.pipeline", description=__doc__)
    parser.add_argument("--store", choices=("memory", "sqlite"), default="memory")
    parser.add_argument("--times", type=int, default=20_000, help="requests of each kind (20000)")
    parser.add_argument(
        "--profile", choices=("read", "create", "list", "health", "404"), default="read", metavar="KIND"
    )
    options = parser.parse_args()
    with pinned(choose().server), production(options.store) as service:
        import uvloop

        uvloop.run(measure(service, options.times, options.profile))


if __name__ == "__main__":
    main()
