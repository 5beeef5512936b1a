"""Traffic: clients that create, read, change and delete without end, and note each failure."""

import asyncio
import random
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import msgspec

from tests.support.process import HOST, TIMEOUT_SECONDS

ITEMS = "/api/v1/items"
PAUSES = (0.004, 0.004, 0.004, 0.004, 0.004, 0.004, 1.1, 2.2)
"""The longest pause of each client, in seconds: some are busy, some find a kept connection gone."""


class Traffic:
    """What the clients have met so far."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.succeeded: Counter[str] = Counter()
        self.failures: list[str] = []
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Let all clients ask until `stop`."""
        async with asyncio.TaskGroup() as group:
            for pause in PAUSES:
                group.create_task(self._ask_on(pause))

    def stop(self) -> None:
        """No more requests; those under way are finished."""
        self._stopping.set()

    async def _ask_on(self, pause: float) -> None:
        client = Client(self._port)
        try:
            while not self._stopping.is_set():
                async for method, status, wanted in _life_of_an_item(client):
                    self._note(method, status, wanted)
                    await asyncio.sleep(random.uniform(0, pause))  # noqa: S311 - a pause, no secret
        finally:
            client.close()

    def _note(self, method: str, status: int | str, wanted: int) -> None:
        if status == wanted:
            self.succeeded[method] += 1
        else:
            self.failures.append(f"{method}: {status}, not {wanted}")


class Client:
    """One kept connection, reopened when the server has announced that it closes it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int | str, bytes]:
        """Status and body; in place of the status what went wrong, where no answer came."""
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                return await self._exchange(method, path, body)
        except (OSError, EOFError, TimeoutError) as error:
            self.close()
            return repr(error), b""

    def close(self) -> None:
        """Let the connection go."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _exchange(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        if self._streams is None:
            self._streams = await asyncio.open_connection(HOST, self._port)
        reader, writer = self._streams
        head = f"{method} {path} HTTP/1.1\r\nHost: estuary.test\r\n"
        if body:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        writer.write(head.encode() + b"\r\n" + body)
        status_line, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines if line)
        answer = await reader.readexactly(int(headers.get("content-length", "0")))
        if headers.get("connection") == "close":
            self.close()
        return int(status_line.split(" ")[1]), answer


async def _life_of_an_item(client: Client) -> AsyncIterator[tuple[str, int | str, int]]:
    """Four writes and three reads, each as its method, what came, and what a correct client expects."""
    status, answer = await client.ask("POST", ITEMS, b'{"name":"traffic"}')
    yield "POST", status, 201
    if status != 201:
        return
    path = f"{ITEMS}/{msgspec.json.decode(answer)['id']}"
    for method, where, body, wanted in (
        ("GET", path, b"", 200),
        ("GET", path, b"", 200),
        ("PUT", path, b'{"name":"traffic, changed"}', 200),
        ("GET", f"{ITEMS}?limit=2", b"", 200),
        ("PUT", path, b'{"description":"again"}', 200),
        ("DELETE", path, b"", 204),
    ):
        status, _ = await client.ask(method, where, body)
        yield method, status, wanted


@contextmanager
def traffic(port: int) -> Iterator[Traffic]:
    """Clients that ask at `port` while the block runs."""
    loop = asyncio.new_event_loop()
    clients = Traffic(port)
    thread = threading.Thread(target=loop.run_until_complete, args=(clients.run(),))
    thread.start()
    try:
        yield clients
    finally:
        loop.call_soon_threadsafe(clients.stop)
        thread.join()
        loop.close()
