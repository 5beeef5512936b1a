"""Load on a real server: clients on threads that ask until they are told to stop, and keep count."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

import msgspec

from tests.support.creates import ITEMS
from tests.support.http import Answer, Connection, ConnectionEnded, Listener, request
from tests.support.process import TIMEOUT_SECONDS

Ask = Callable[[Connection], Answer]
"""Makes one exchange on a connection."""


class Load:
    """What the clients have seen: statuses, and the requests that got no answer."""

    def __init__(self) -> None:
        self.statuses: Counter[int] = Counter()
        self.answers: list[Answer] = []
        self.seconds: list[float] = []
        """How long each answer took."""
        self.unanswered = 0
        self._lock = threading.Lock()

    @property
    def answered(self) -> int:
        """How many requests were answered, whatever the answer."""
        with self._lock:
            return self.statuses.total()

    def note(self, answer: Answer, seconds: float) -> None:
        """Count an answer, and keep it."""
        with self._lock:
            self.seconds.append(seconds)
            self.statuses[answer.status] += 1
            self.answers.append(answer)

    def note_loss(self) -> None:
        """Count a request that was cut off."""
        with self._lock:
            self.unanswered += 1


@contextmanager
def load_on(server: Listener, ask: Ask, clients: int) -> Iterator[Load]:
    """As many clients, which `ask` over and over, each on its own connection, while the block runs.

    At the end of the block each finishes what it has under way.
    """
    load, stop = Load(), threading.Event()
    threads = [threading.Thread(target=_client, args=(server, ask, load, stop)) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        stop.set()
        for thread in threads:
            thread.join(TIMEOUT_SECONDS)


def reading(path: str) -> Ask:
    """Asks for `path`."""
    head = request("GET", path)

    def ask(connection: Connection) -> Answer:
        connection.send(head)
        return connection.receive()

    return ask


def creating_items() -> Ask:
    """Creates items, each of another name."""
    numbers = count()

    def ask(connection: Connection) -> Answer:
        body = msgspec.json.encode({"name": f"item {next(numbers)}"})
        connection.send(request("POST", ITEMS, len(body)) + body)
        return connection.receive()

    return ask


def _client(server: Listener, ask: Ask, load: Load, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            with Connection(server) as connection:
                while not stop.is_set():
                    asked = time.monotonic()
                    answer = ask(connection)
                    load.note(answer, time.monotonic() - asked)
                    if answer.headers.get("connection") == "close":
                        break
        except (ConnectionEnded, ConnectionError):
            load.note_loss()
