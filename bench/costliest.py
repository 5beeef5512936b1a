"""What the costliest request costs, in process: of heads and bodies that look for what is not bounded."""

import asyncio
import socket
import time
from dataclasses import dataclass
from typing import Any, cast

import msgspec
import uvloop

from bench.cores import pinned
from bench.pipeline import Transport, production
from bench.question import Settings
from bench.series import Series, times
from estuary.app import Service
from estuary.http.http1.connection import Connection
from estuary.http.http1.connection_limits import ConnectionLimits
from estuary.http.http1.listener import Listener
from tests.support.costly_requests import ITEMS, PLAIN_BODY, bodies, heads, request

READ, HEAD, BODY = "read", "head", "body"
"""The usual request, and what the names of the others begin with."""
METRICS = f"{HEAD}: metrics, one of a thousand in a row"
PLAIN = f"{BODY}: {PLAIN_BODY}"

_TIMES = 3
_TIMES_OF_A_READ = 300
_SCRAPES = 1000
_RECORDS = 100


@dataclass(frozen=True)
class Costliest:
    """The processor time of every kind of costly request, beside a read's."""

    name: str = "costliest"
    title: str = "The costliest request, of those that the tests know"
    base: str = READ

    def measure(self, settings: Settings) -> list[Series]:
        """Make each request a few times, round after round; of each round the fastest counts."""
        with pinned(settings.cores.server), production("memory") as service:
            rounds = uvloop.run(_rounds(service, settings.rounds))
        labels = {subject: subject for subject in rounds[0]}
        return times(self.name, "µs", labels, rounds, ours=labels)


class _Client(Transport):
    """A client that takes whatever it is given, and can be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.answered = asyncio.Event()

    def write(self, answer: bytes) -> None:
        """Take an answer."""
        super().write(answer)
        self.answered.set()

    def pause_reading(self) -> None:
        """It waits."""

    def resume_reading(self) -> None:
        """It goes on."""

    def write_eof(self) -> None:
        """The end of the stream: nothing to do."""

    def close(self) -> None:
        """It goes."""

    def get_write_buffer_size(self) -> int:
        """It has taken everything."""
        return 0


async def _rounds(service: Service, number: int) -> list[dict[str, float]]:
    await service.start()
    try:
        listener = Listener(service.application, socket.socket(), ConnectionLimits())
        create = request("POST", ITEMS, (), b'{"name":"a","description":"%s"}' % (b"x" * 900))
        answers = [(await _ask(listener, create))[1] for _ in range(_RECORDS)]
        record = f"{ITEMS}/{msgspec.json.decode(answers[0].splitlines()[-1])['id']}"
        read = request("GET", record)
        asked = {f"{HEAD}: {what}": each for what, each in heads(record).items()}
        asked |= {f"{BODY}: {what}": each for what, each in bodies().items()}
        return [
            {READ: await _time(listener, read, _TIMES_OF_A_READ), METRICS: await _flood(listener)}
            | {subject: await _time(listener, each, _TIMES) for subject, each in asked.items()}
            for _ in range(number)
        ]
    finally:
        await service.stop()


async def _time(listener: Listener, data: bytes, times: int) -> float:
    """The fewest microseconds that one of so many requests took, each on its own connection."""
    return min([(await _ask(listener, data))[0] for _ in range(times)])


async def _flood(listener: Listener) -> float:
    """The microseconds that a scrape takes where they come one after the other: few are read afresh."""
    scrape = request("GET", "/metrics")
    return sum([(await _ask(listener, scrape))[0] for _ in range(_SCRAPES)]) / _SCRAPES


async def _ask(listener: Listener, data: bytes) -> tuple[float, bytes]:
    """The microseconds of processor time from the request's arrival to its answer, and the answer."""
    client = _Client()
    connection = Connection(listener)
    connection.connection_made(cast("Any", client))
    begun: list[float] = []

    def receive() -> None:
        begun.append(time.process_time())
        connection.data_received(data)

    asyncio.get_running_loop().call_soon(receive)
    await client.answered.wait()
    took = (time.process_time() - begun[0]) * 1e6
    connection.connection_lost(None)
    return took, client.answer
