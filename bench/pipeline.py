"""`python -m bench.pipeline`: what a request costs inside the application, without a server or a socket.

Calls Estuary's RSGI adapter with stand-ins for the server's objects, the whole production pipeline on and
the access log going to a file, and says how many microseconds each kind of request takes and which
module takes them. For tuning: figures that are published come from `python -m bench`.
"""

import argparse
import cProfile
import pstats
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from bench import exchange
from bench.contenders.contender import ROOT, SCRATCH
from bench.contenders.estuary import environment
from bench.cores import choose, pinned
from bench.exchange import Exchange
from estuary.app import Service, build
from estuary.config.environment import load_from

SOURCE = ROOT / "src" / "estuary"
ROUNDS = 5
SHOWN = 24
BUILT_IN = "~"
"""The profiler's name for the file of a function written in C."""


class Headers:
    """A request's header fields as the server hands them over."""

    def __init__(self, fields: dict[str, str]) -> None:
        self._fields = fields
        self.get = fields.get

    def get_all(self, name: str) -> list[str]:
        """Every value of the field."""
        return [self._fields[name]] if name in self._fields else []

    def values(self) -> list[str]:
        """The values of all fields."""
        return list(self._fields.values())


class Scope(msgspec.Struct):
    """What the server tells of a request."""

    method: str
    path: str
    query_string: str
    headers: Headers
    client: str = "127.0.0.1:40000"


class Protocol:
    """The server's side of one request: gives the body, takes the answer."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self.status = 0
        self.answer = b""

    async def __call__(self) -> bytes:
        """The whole body."""
        return self._body

    def response_bytes(self, status: int, headers: Any, body: bytes) -> None:  # noqa: ARG002 - RSGI's signature
        """Take the answer."""
        self.status, self.answer = status, body


class Caller:
    """Makes one exchange with the application, as often as it is asked."""

    def __init__(self, service: Service, asked: Exchange) -> None:
        path, _, query = asked.path.partition("?")
        headers = {"host": "127.0.0.1:3000", "user-agent": "bench"}
        if asked.body:
            headers |= {"content-type": "application/json", "content-length": str(len(asked.body))}
        self._serve: Any = service.rsgi.__rsgi__
        self._asked = asked
        self._scope = Scope(asked.method, path, query, Headers(headers))

    async def answer(self) -> Any:
        """The answer's JSON; raises `WrongAnswer`."""
        protocol = Protocol(self._asked.body)
        await self._serve(self._scope, protocol)
        if protocol.status != self._asked.status:
            raise exchange.WrongAnswer(f"{self._asked.path}: {protocol.status}, {protocol.answer!r}")
        return msgspec.json.decode(protocol.answer)

    async def repeat(self, times: int) -> float:
        """Make the exchange `times`, one after the other: microseconds each."""
        serve, scope, body = self._serve, self._scope, self._asked.body
        begun = time.perf_counter()
        for _ in range(times):
            await serve(scope, Protocol(body))
        return (time.perf_counter() - begun) / times * 1e6


async def measure(service: Service, times: int, profiled: str) -> None:
    """Print what each kind of request costs, and where the time of the `profiled` kind goes."""
    await service.start()
    try:
        callers = await _callers(service)
        for name, caller in callers.items():
            rounds = sorted([await caller.repeat(times // ROUNDS) for _ in range(ROUNDS)])
            print(f"{name:8}{rounds[ROUNDS // 2]:8.1f} µs   (fastest round {rounds[0]:.1f})")
        print(f"\nWhere a {profiled} spends its time (under the profiler: shares, not absolute times)")
        print("\n".join(_shares(await _profile(callers[profiled], times))))
    finally:
        await service.stop()


async def _callers(service: Service) -> dict[str, Caller]:
    """One caller a kind of request, each having had the right answer once, over a full page of items."""
    create = Caller(service, exchange.create())
    created = await create.answer()
    await create.repeat(exchange.PAGE_LENGTH)
    callers = {
        "read": Caller(service, exchange.read(created["id"])),
        "create": create,
        "list": Caller(service, exchange.page()),
        "health": Caller(service, exchange.health()),
        "404": Caller(service, exchange.unknown()),
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
