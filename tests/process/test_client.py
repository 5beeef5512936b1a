"""estuary.client against a real server, through a proxy that lets every request fail once."""

import asyncio
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from estuary.client import AsyncClient, Client, NoAnswer
from tests.support import client_scenario
from tests.support.awaited import Awaited
from tests.support.books import Book
from tests.support.documents import ROOT
from tests.support.faults import CUT_AFTER, STALE, USUAL, Fault, Faults
from tests.support.process import HOST, TIMEOUT_SECONDS, Server, free_port, serving
from tests.support.servers.faulty import faulty_proxy

EDITORS, EDITS = (6, 40) if os.environ.get("ESTUARY_TEST_SOAK") == "1" else (4, 2)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of books, volumes and authors."""
    variables = {"DATABASE_TYPE": "memory", "PYTHONPATH": str(ROOT), "RESOURCES": client_scenario.RESOURCES}
    with serving(tmp_path_factory.mktemp("server"), variables) as server:
        yield server


async def scenario(client: Any, label: str) -> None:
    """All that the program does."""
    await client_scenario.walk_and_change(client, label)
    await client_scenario.write_together(client, label)
    await client_scenario.write_every_kind(client)


async def test_the_synchronous_client_writes_nothing_twice(server: Server) -> None:
    """Nor does it lose anything, whatever fails once."""
    faults = Faults()
    with faulty_proxy(server.port, faults) as url, Client(url) as client:
        await scenario(Awaited(client), "sync")
    assert {*USUAL, STALE} == set(faults.injected)


async def test_the_asynchronous_client_writes_nothing_twice(server: Server) -> None:
    """The same program comes to the same end."""
    faults = Faults()
    with faulty_proxy(server.port, faults) as url:
        async with AsyncClient(url) as client:
            await scenario(client, "async")
    assert {*USUAL, STALE} == set(faults.injected)


class Cutting(Faults):
    """Cuts every connection, after the service has had the request."""

    def of(self, *_: object) -> Fault:
        """The same each time."""
        return CUT_AFTER


def test_a_write_without_an_answer_can_be_taken_up_again(server: Server) -> None:
    """By its key, which the exception tells: it was made once."""
    book = Book(title="cut", pages=7)
    with (
        faulty_proxy(server.port, Cutting()) as url,
        Client(url, retries=1) as client,
        pytest.raises(NoAnswer, match=r"^POST /api/v1/books, sent 2 times: ") as error,
    ):
        client.resource("books", Book).create(book)
    with Client(server.origin) as client:
        books = client.resource("books", Book)
        made = books.create(book, idempotency_key=error.value.idempotency_key)
        assert [made.id] == [each.id for each in books.where(title="cut")]


async def test_a_service_that_is_not_there_is_told() -> None:
    """With what was asked and why there was no answer, by either client, in the time of the call."""
    url = f"http://{HOST}:{free_port()}"
    with Client(url, timeout=0.2) as client, pytest.raises(NoAnswer, match=r"^GET /api/v1/books/1, sent "):
        client.resource("books").get("1")
    async with AsyncClient(url, timeout=0.2) as awaited:
        with pytest.raises(NoAnswer, match=r"^DELETE /api/v1/books/1, sent .* times: .*refused|failed"):
            await awaited.resource("books").delete("1")


async def test_no_edit_is_lost_among_many(server: Server) -> None:
    """Each of them is made once, whoever edits the same record at once, and whatever fails."""
    with faulty_proxy(server.port, Faults()) as url:
        # A request among many fails more than once.
        async with AsyncClient(url, retries=100, timeout=600) as client:
            books = client.resource("books", Book)
            made = await books.create(Book(title="many", pages=0))

            async def edit_often() -> None:
                for _ in range(EDITS):
                    await books.edit(made.id, client_scenario.longer, attempts=EDITORS * EDITS)

            await asyncio.gather(*[edit_often() for _ in range(EDITORS)])
            left = await books.get(made.id)
            assert (EDITORS * EDITS, EDITORS * EDITS + 1) == (left.value.pages, left.version)


FORKS = """
import os, sys
from estuary.client import Client
with Client(sys.argv[1]) as client:
    books = client.resource("books")
    books.get("1")
    child = os.fork()
    books.get("1")
    if child == 0:
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
"""
RECORD = b'{"id": "1", "created_at": "2026-11-30T12:00:00Z", "updated_at": "2026-11-30T12:00:00Z"}'


class Counting(BaseHTTPRequestHandler):
    """Answers every GET with a record, and counts the connections."""

    protocol_version = "HTTP/1.1"
    connections: ClassVar[list[Any]] = []

    def setup(self) -> None:
        """A connection came."""
        self.connections.append(self.client_address)
        super().setup()

    def do_GET(self) -> None:
        """The connection is kept."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(RECORD)))
        self.end_headers()
        self.wfile.write(RECORD)

    def log_message(self, *_: object) -> None:
        """Nothing."""


def test_a_process_that_is_forked_has_connections_of_its_own() -> None:
    """On its parent's, each of them would read some of the other's answers."""
    with ThreadingHTTPServer((HOST, 0), Counting) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        url = f"http://{HOST}:{server.server_port}"
        subprocess.run([sys.executable, "-c", FORKS, url], check=True, timeout=TIMEOUT_SECONDS)
        server.shutdown()
    assert 2 == len(Counting.connections)


HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n"


@contextmanager
def trickling(begin: bytes) -> Iterator[str]:
    """The URL of a server whose answer comes byte by byte behind its `begin`, and has no end."""
    done = threading.Event()

    def answer(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, suppress(OSError):
                    connection.sendall(begin)
                    while not done.wait(0.01):
                        connection.sendall(b" ")

    with socket.create_server((HOST, 0)) as listener:
        thread = threading.Thread(target=answer, args=(listener,), daemon=True)
        thread.start()
        yield f"http://{HOST}:{listener.getsockname()[1]}"
        done.set()


@pytest.mark.parametrize("begin", [HEAD, HEAD[:20], b""], ids=["body", "head", "status line"])
async def test_an_answer_without_an_end_is_not_waited_for(begin: bytes) -> None:
    """The time of the call is that of the whole answer, not of a part of it."""
    with trickling(begin) as url:
        with Client(url, timeout=0.1) as client, pytest.raises(NoAnswer):
            client.resource("books").get("1")
        async with AsyncClient(url, timeout=0.1) as awaited:
            with pytest.raises(NoAnswer):
                await awaited.resource("books").get("1")
