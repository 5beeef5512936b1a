"""Requests that are as costly as one can make them: heads and bodies that look for what is not bounded.

Each is a whole request of HTTP/1.1, as long as the service takes it. What is found to cost more than its
like belongs here: `python -m bench --questions costliest` measures all of them; the soak test sends them.

`python -m tests.support.costly_requests PORT RECORD SECONDS` sends each kind for so long, one request after
the other, says on a line what it sends next, and at the end how often each status was answered.
"""

import sys
import time
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from tests.support.http import Connection, ConnectionEnded

ITEMS, BATCH = "/api/v1/items", "/api/v1/batch"
_ITEMS = ITEMS.encode()
_BEGIN = b'{"operations":['
BODY_BYTES = 2 * 1024 * 1024
"""The longest body that is taken unless another limit is set."""
_VALUE_CHARACTERS = 16_000
_QUERY_CHARACTERS = 8_000


def request(method: str, path: str, lines: tuple[str, ...] = (), body: bytes | None = None) -> bytes:
    """A request with these lines in its head; with a body, of JSON."""
    head = [f"{method} {path} HTTP/1.1", "Host: estuary.test", *lines]
    if body is not None:
        head += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*head, "", ""]).encode("latin-1") + (body or b"")


def heads(record: str) -> Mapping[str, bytes]:
    """Requests without much of a body, by what is strange in them; `record` is the path of a record."""
    fields = {
        "commas in If-None-Match": ("If-None-Match", ","),
        "tags in If-None-Match": ("If-None-Match", '"1a",'),
        "tags in If-Match": ("If-Match", '"1a",'),
        "commas in Accept": ("Accept", ","),
        "ranges in Accept": ("Accept", "a/b;q=1,"),
        "versions in Accept": ("Accept", "application/vnd.estuary.v9+json,"),
        "quotes in Accept": ("Accept", 'a/b;c="'),
        "escapes in Accept": ("Accept", 'a/b;c="\\"'),
        "cookies": ("Cookie", "a=b; "),
        "a token of nothing": ("Authorization", "Bearer a"),
        "addresses in X-Forwarded-For": ("X-Forwarded-For", "192.0.2.1,"),
        "pairs in Forwarded": ("Forwarded", "for=a;"),
        "escapes in Forwarded": ("Forwarded", '\\"' * 250 + ","),
        "a trace without end": ("Traceparent", f"01-{'a' * 32}-{'b' * 16}-01-"),
        "a request id": ("X-Request-Id", "a"),
        "an origin": ("Origin", "https://a"),
        "a version": ("X-API-Version", "v"),
        "languages": ("Accept-Language", "a;q=1,"),
    }
    queries = {
        "parameters": "a=b&",
        "empty parameters": "&",
        "escapes in the query": "limit=%31%31",
        "escaped names": "%C3%A9=%C3%A9&",
        "a cursor": "cursor=AAAA",
    }
    return {
        **{
            what: request("GET", record, (f"{name}: {_filled(unit, _VALUE_CHARACTERS)}",))
            for what, (name, unit) in fields.items()
        },
        **{
            f"{what}, {ITEMS}": request("GET", f"{ITEMS}?{_filled(unit, _QUERY_CHARACTERS)}")
            for what, unit in queries.items()
        },
        "a list that is known": request(
            "GET", ITEMS, (f"If-None-Match: {_filled(',', _VALUE_CHARACTERS)}",)
        ),
        "a hundred records": request("GET", f"{ITEMS}?limit=100"),
        "lines of Accept": request("GET", record, ("Accept: a/b;q=1",) * 120),
        "lines": request("GET", record, tuple(f"X-{number}: {'y' * 120}" for number in range(120))),
        "escapes in the path": request("GET", "/" + _filled("%31", _QUERY_CHARACTERS)),
        "an id of escapes": request("GET", f"{ITEMS}/{_filled('%C3%A9', _QUERY_CHARACTERS)}"),
        "a long way to the version": request("GET", "/api/items?" + _filled('"', _QUERY_CHARACTERS)),
        "a key of escapes": request(
            "POST", ITEMS, ('Idempotency-Key: "' + "\\" * 15_000 + '"',), b'{"name":"a"}'
        ),
        "a key with parameters": request(
            "POST", ITEMS, ('Idempotency-Key: "k"' + ";a" * 7_500,), b'{"name":"a"}'
        ),
        "health": request("GET", "/health"),
        "the document": request("GET", "/openapi.json"),
    }


PLAIN_BODY = "a text that is not read"
"""The body that others of its length are compared to: it is read and passed over, nothing more."""


def bodies() -> Mapping[str, bytes]:
    """Requests to create, and queries, with the longest body that is taken, by what is in it."""
    drafts = {
        PLAIN_BODY: _body(b'{"name":"a","zz":"', b"x", b'"}', b""),
        "a wrong type, numbers that are hard to read": _body(b'{"name":5,"zz":[', b"1e308"),
        "a wrong type, many lists": _body(b'{"name":5,"zz":[', b"[]"),
        "a wrong type, many objects": _body(b'{"name":5,"zz":[', b'{"a":1}'),
        "a wrong type, many texts": _body(b'{"name":5,"zz":[', b'"ab"'),
        "a wrong type, many keys": _keys(b'{"name":5,'),
        "many keys": _keys(b'{"name":"a",'),
        "many objects": _body(b'{"name":"a","zz":[', b'{"a":1}'),
        "brackets in texts": _body(b'{"name":"a","zz":[', b'"[",[]'),
        "lists in one another": _body(b'{"name":"a","zz":', b"[", b"", b""),
        "one name again and again": _body(b"{", b'"name":"a"', b"}"),
        "a name without end": _body(b'{"name":"', b"x", b'"}', b""),
        "a name of escapes": _body(b'{"name":"', b"\\u00e9", b'"}', b""),
        "blanks": _body(b'{"name":"a"', b" ", b"}", b""),
    }
    queries = {
        "a query of many values": _body(b'{"where":{"id":{"in":[', b"1", b"]}}}"),
        "a query of many conditions": _body(b'{"where":{"or":[', b'{"name":{"eq":"a"}}', b"]}}"),
        "a query of many names": b'{"where":%b}' % _keys(b'{"id":{},'),
        "a query for a name without end": _body(b'{"where":{"name":{"eq":"', b"x", b'"}}}', b""),
        "a query for a name of escapes": _body(b'{"where":{"name":{"eq":"', b"\\u00e9", b'"}}}', b""),
    }
    return {
        **{what: request("POST", ITEMS, (), body) for what, body in drafts.items()},
        **{what: request("QUERY", ITEMS, (), body) for what, body in queries.items()},
        **{what: request("POST", BATCH, (), body) for what, body in _batches().items()},
    }


def _batches() -> Mapping[str, bytes]:
    """Batches with the longest body that is taken, by what is in it."""
    hard_numbers = b'{"name":"a","zz":[%b]}' % b",".join([b"1e308"] * 3_400)
    tags = b",".join(b'\\"%d\\"' % number for number in range(1, 250))
    match = b'{"If-Match":"%b"}' % tags
    patch = b'{"method":"PATCH","path":"%b/%b","headers":%b,"body":{"name":"a"}}'
    absent = b"00000000-0000-7000-8000-000000000000"
    return {
        "a batch of many operations": _body(_BEGIN, b'{"method":"","path":""}'),
        "a batch of nothing but operations": _body(_BEGIN, b"{}"),
        "a batch of long bodies": _batch(
            b",".join([b'{"method":"POST","path":"%b","body":%b}' % (_ITEMS, hard_numbers)] * 100)
        ),
        "a batch of lists of tags": _batch(b",".join([patch % (_ITEMS, absent, match)] * 100)),
        "a batch of escaped paths": _batch(
            b",".join([b'{"method":"DELETE","path":"%b/%b"}' % (_ITEMS, b"%31" * 2_700)] * 100)
        ),
        "a batch of many headers": _batch(
            b'{"method":"PUT","path":"%b/a","headers":%b}' % (_ITEMS, _keys(b"{"))
        ),
        "a batch with a name without end": _body(b'{"operations":[{"', b"`", b'":1}]}', b""),
    }


def _filled(unit: str, characters: int) -> str:
    return unit * (characters // len(unit))


def _body(begin: bytes, unit: bytes, end: bytes = b"]}", between: bytes = b",") -> bytes:
    """`unit` again and again, until the body is as long as may be."""
    times = (BODY_BYTES - len(begin) - len(end)) // (len(unit) + len(between))
    return begin + between.join([unit] * times) + end


def _batch(operations: bytes) -> bytes:
    return b"%b%b]}" % (_BEGIN, operations)


def _keys(begin: bytes) -> bytes:
    return begin + b",".join(b'"k%d":1' % number for number in range(170_000)) + b"}"


class _Server(NamedTuple):
    port: int


def send(server: _Server, data: bytes, seconds: float) -> Counter[int]:
    """Send `data` again and again for so long, at least once; what was answered, 0 for nothing."""
    statuses: Counter[int] = Counter()
    end = time.monotonic() + seconds
    while True:
        with Connection(server) as connection:
            try:
                while True:
                    connection.send(data)
                    statuses[connection.receive().status] += 1
                    if time.monotonic() >= end:
                        return statuses
            except (ConnectionEnded, OSError):
                # Refused, the connection ends; the answer may be lost while we still send.
                statuses[0] += 1
        if time.monotonic() >= end:
            return statuses


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def main(port: str, record: str, seconds: str) -> None:
    """Send every kind."""
    statuses: Counter[int] = Counter()
    for what, data in {**heads(record), "metrics": request("GET", "/metrics"), **bodies()}.items():
        _say(what)
        statuses += send(_Server(int(port)), data, float(seconds))
    _say(str(dict(statuses)))


if __name__ == "__main__":
    main(*sys.argv[1:])
