"""An exchange: one request, and what its answer must be for a figure to count."""

import http.client
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from bench.apps.answers import DESCRIPTION, DRAFT, LIST_PATH, NAME

UNKNOWN_ID = "019a9f3c-5f00-7c11-9d52-000000000000"
BATCH_PATH = "/api/v1/batch"
BOOKS_PATH = "/api/v1/books"
HOOKED_PATH = "/api/v1/hooked"
PAGE_LENGTH = 20
BATCH_LENGTH = 100


@dataclass(frozen=True)
class Exchange:
    """A request with the status it must get, and a proof that the answer's JSON is the right one."""

    method: str
    path: str
    status: int
    proof: Callable[[Any], bool]
    body: bytes = b""
    headers: tuple[str, ...] = ()
    """Whole lines: `Name: value`."""
    other_body: bytes = b""
    """What every second of repeated requests sends instead, so that each changes something."""


class WrongAnswer(Exception):
    """A contender does not answer what it is measured for."""


def read(record_id: str) -> Exchange:
    """One item by its id."""
    return Exchange("GET", f"{LIST_PATH}/{record_id}", 200, lambda item: bool(item["name"] == NAME))


def create(path: str = LIST_PATH) -> Exchange:
    """A new item, of the resource at `path`."""
    return Exchange("POST", path, 201, lambda item: bool(item["name"] == NAME), DRAFT)


def create_batch() -> Exchange:
    """As many new items as a batch has unless it is configured otherwise."""
    operation = {"method": "POST", "path": LIST_PATH, "body": json.loads(DRAFT)}
    body = json.dumps({"operations": [operation] * BATCH_LENGTH}).encode()
    return Exchange("POST", BATCH_PATH, 200, _is_whole_batch, body)


def put(record_id: str) -> Exchange:
    """Another name for an item, each time."""
    return _renaming("PUT", record_id)


def patch(record_id: str, path: str = LIST_PATH) -> Exchange:
    """The same by a merge patch, of the resource at `path`."""
    return _renaming("PATCH", record_id, path)


def page(parameters: str = f"?limit={PAGE_LENGTH}") -> Exchange:
    """The first twenty items, which is what a list has without `parameters`, too."""
    return Exchange("GET", f"{LIST_PATH}{parameters}", 200, _is_full_page)


def page_after(cursor: str) -> Exchange:
    """The twenty items after a cursor."""
    return Exchange("GET", f"{LIST_PATH}?limit={PAGE_LENGTH}&cursor={cursor}", 200, _is_full_page)


def page_where(condition: str) -> Exchange:
    """The first twenty items that meet a condition, which a parameter says."""
    return Exchange("GET", f"{LIST_PATH}?limit={PAGE_LENGTH}&{condition}", 200, _is_full_page)


def create_book(number: int) -> Exchange:
    """A new book; every second one stands on the same shelf, and later ones have fewer pages."""
    book = {"name": NAME, "description": DESCRIPTION, "shelf": number % 2, "pages": 1000 - number}
    return replace(create(BOOKS_PATH), body=json.dumps(book).encode())


def books(parameters: str, cursor: str) -> Exchange:
    """Twenty books from a cursor on, or the first ones; `parameters` end with `&`."""
    path = f"{BOOKS_PATH}?{parameters}limit={PAGE_LENGTH}&cursor={cursor}"
    return Exchange("GET", path, 200, _is_full_page)


def health() -> Exchange:
    """The full health report."""
    return Exchange("GET", "/health", 200, lambda report: report["status"] in {"healthy", "degraded"})


def unknown() -> Exchange:
    """An item that does not exist."""
    return Exchange("GET", f"{LIST_PATH}/{UNKNOWN_ID}", 404, lambda envelope: isinstance(envelope, dict))


def once(origin: str, exchange: Exchange) -> Any:
    """Make the exchange once and give back the answer's JSON; raises `WrongAnswer`."""
    return repeat(origin, exchange, 1)


def repeat(origin: str, exchange: Exchange, times: int, pause: float = 0.0) -> Any:
    """Make the exchange `times` over one connection: the first answer's JSON; raises `WrongAnswer`.

    Each comes `pause` seconds after the answer to the one before.
    """
    address = urlsplit(origin)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
    try:
        turns = [exchange, replace(exchange, body=exchange.other_body or exchange.body)]
        first = _exchange(connection, exchange)
        for number in range(1, times):
            time.sleep(pause)  # the pace is what is asked for
            _exchange(connection, turns[number % 2])
    finally:
        connection.close()
    return first


def _is_whole_batch(answer: Any) -> bool:
    return [result["status"] for result in answer["results"]] == [201] * BATCH_LENGTH


def _renaming(method: str, record_id: str, path: str = LIST_PATH) -> Exchange:
    names = [json.dumps({"name": name}).encode() for name in (f"{NAME}, renamed", NAME)]
    return Exchange(
        method,
        f"{path}/{record_id}",
        200,
        lambda item: item["name"].startswith(NAME),
        names[0],
        (),
        names[1],
    )


def _exchange(connection: http.client.HTTPConnection, exchange: Exchange) -> Any:
    headers = dict(line.split(": ", 1) for line in exchange.headers)
    if exchange.body:
        headers["Content-Type"] = "application/json"
    with _in_one_segment(connection):
        connection.request(exchange.method, exchange.path, exchange.body or None, headers)
    response = connection.getresponse()
    body = response.read()
    if response.status != exchange.status:
        raise WrongAnswer(f"{exchange.method} {exchange.path}: {response.status}, not {exchange.status}")
    document = json.loads(body)
    if not exchange.proof(document):
        raise WrongAnswer(f"{exchange.method} {exchange.path}: unexpected body {body[:200]!r}")
    return document


@contextmanager
def _in_one_segment(connection: http.client.HTTPConnection) -> Iterator[None]:
    """Have head and body leave together, which `http.client` sends one after the other."""
    if connection.sock is None:
        connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
    yield
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)


def _is_full_page(document: Any) -> bool:
    return len(document["items"]) == PAGE_LENGTH
