"""Query strings and bodies of queries that are nearly right: each is answered, and none is a defect."""

import json
import os
import random
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.support.books import BOOKS, BOOKS_REFERENCE, book_body
from tests.support.http import Answer, Connection, get, post
from tests.support.mutations import Mutations
from tests.support.process import Server, serving
from tests.support.servers import shared
from tests.support.servers.convex import convex_host

PATH = "/api/v1/books"
SOAK = os.environ.get("ESTUARY_TEST_SOAK") == "1"
TIMES = 5_000 if SOAK else 250
"""Of query strings, and as often of bodies."""
STRINGS = [
    b"binding=paper&pages.gte=100&pages.lt=500&sort=-published_at,title&fields=id,title&limit=50&cursor=",
    b"binding.in=paper&binding.in=cloth&tags.has=sea&note.null=true&title.contains=ship&count=limited",
    b"weight.gt=0.5&weight.lte=1e300&in_print=true&in_print.ne=false&limit.eq=5&offset=3&count=exact",
    b"id=00000000-0000-4000-8000-000000000000&id.gt=00000000-0000-0000-0000-000000000000&version.in=1&version.in=2&sort=id",
    b"created_at.gte=2026-01-01T00:00:00Z&updated_at.lt=9999-12-31T23:59:59.999999%2B00:00&sort=-created_at",
    b"published_at=2026-01-01T00:00:00%2B02:00&published_at.null=false&sort=published_at,-pages,binding",
    *(
        b"pages=20",
        b"sort=pages",
        b"title.contains=by&sort=title",
        b"note.null=true&limit=5",
        b"fields=title",
    ),
    b"title.prefix=Mo%C3%B6by&title.ne=%25_*%5C%22,(%2B&note.contains=%F0%9F%90%B3&sort=note",
]
PIECES = [
    *(
        b"&",
        b"=",
        b".",
        b",",
        b"-",
        b"+",
        b"%",
        b"%00",
        b"%0d%0a",
        b"%ED%A0%80",
        b"%ff",
        b"%C0%80",
        b"%u0041",
    ),
    *(
        b"&limit=",
        b"&sort=",
        b"&cursor=",
        b"&offset=",
        b"&fields=",
        b"&count=",
        b"&expand=x",
        b"&price_paid=1",
    ),
    *(b".eq=", b".in=", b".null=", b".has=", b".prefix=", b".contains=", b".ne=", b".gte=", b".between="),
    *(
        b"9223372036854775807",
        b"9223372036854775808",
        b"-9223372036854775809",
        b"1e400",
        b"NaN",
        b"-0",
        b"0x1",
    ),
    *(
        b"0001-01-01T00:00:00Z",
        b"0000-00-00",
        b"2026-01-01T24:00:00+99:99",
        b"null",
        b"true",
        b"'",
        b";--",
        b"()",
    ),
]
BODIES = [
    *(
        b'{"where":{"pages":{"gte":20}}}',
        b'{"sort":["-pages"],"limit":3}',
        b'{"where":{"tags":{"has":"a"}}}',
    ),
    b'{"where":{"or":[{"pages":{"gte":100}},{"not":{"binding":{"in":["paper","cloth"]}}}]},"sort":["-pages"]}',
    b'{"where":{"title":{"prefix":"Mo","contains":"by","ne":"x"},"tags":{"has":"sea"}},"fields":["id","title"]}',
    b'{"where":{"and":[{"weight":{"gt":0.5,"lte":1e300}},{"note":{"null":true}}]},"count":"exact","offset":2}',
    b'{"where":{"published_at":{"gte":"2026-01-01T00:00:00Z"},"in_print":{"eq":true}},"limit":5,"cursor":""}',
    b'{"where":{"not":{"or":[{"id":{"gt":"00000000-0000-0000-0000-000000000000"}}]}},"sort":["-title"]}',
    b'{"where":{"version":{"in":[1,2]}},"cursor":"","sort":["-version","id"]}',
    '{"where":{"title":{"eq":"Möby \\ud83d\\udc33 %_*\\\\\\""}},"sort":["title"]}'.encode(),
]
PIECES_OF_BODIES = [
    *(
        b'{"where":{"pages":{"gte":20}}}',
        b'{"sort":["-pages"],"limit":3}',
        b'{"where":{"tags":{"has":"a"}}}',
    ),
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b'"',
        b":",
        b",",
        b"\\",
        b"\\u0000",
        b"\\ud800",
        b"\xff",
        b"\xed\xa0\x80",
        b"\x00",
    ),
    *(
        b"null",
        b"true",
        b"NaN",
        b"1e400",
        b"-0",
        b"9223372036854775808",
        b"1.0",
        b"[]",
        b"{}",
        b'""',
        b'"a"',
    ),
    *(
        b'"or":[',
        b'"and":[',
        b'"not":{',
        b'"where":{',
        b'"sort":[',
        b'"cursor":"',
        b'"limit":',
        b'"price_paid":{',
    ),
    *(
        b'{"not":' * 6,
        b"[" * 70,
        b'{"pages":{"gte":1}},' * 51,
        b'"pages":{"eq":1},',
        b'"in":[',
        b'"null":false',
    ),
]
CONTENT_TYPE = b"Content-Type: application/json\r\n"


def _variables(store: str, folder: Path, stack: ExitStack) -> Mapping[str, str]:
    """A service of books on an empty store."""
    root = str(Path(__file__).parents[2])
    variables = {"RESOURCES": BOOKS_REFERENCE, "PYTHONPATH": root, "DATABASE_MIGRATE": "auto"}
    if store == "convex":
        host = stack.enter_context(convex_host([BOOKS]))
        return {**variables, **host.deployment(folder).variables}
    if store == "postgres":
        server = shared.postgres()
        server.empty()
        stack.callback(server.end_sessions)
        return {**variables, "DATABASE_URL": server.url}
    return {**variables, "DATABASE_TYPE": store}


@pytest.mark.long
@pytest.mark.parametrize("store", ["memory", "sqlite", "postgres", "convex"])
def test_nothing_that_is_nearly_a_query_is_a_defect(store: str, tmp_path: Path) -> None:
    """Found, or refused in the envelope: never a 5xx, and never no answer."""
    with ExitStack() as stack:
        server = stack.enter_context(serving(tmp_path, _variables(store, tmp_path, stack)))
        for number in range(30):
            note = "ship" if number % 2 else None
            body = book_body(title=f"Möby {number}", pages=number * 20, note=note)
            assert 201 == post(server, PATH, json.dumps(body).encode()).status
        chance = random.Random(store)  # noqa: S311 (a reproducible choice)
        cursors = [_cursor(server, sort) for sort in ("created_at", "-pages", "note")]
        strings = [*STRINGS, *(b"sort=%b&cursor=%b" % each for each in cursors)]
        bodies = [*BODIES, *(b'{"sort":["%b"],"cursor":"%b"}' % each for each in cursors)]
        right = [*map(_listing, strings), *map(_query, bodies)]
        wrong = [each for each in right if {200} != _told(server, [each]).keys()]
        assert [] == wrong
        mutations = Mutations(chance, strings, PIECES), Mutations(chance, bodies, PIECES_OF_BODIES)
        reported = _told(server, [_listing(mutations[0].next()) for _ in range(TIMES)])
        reported += _told(server, [_query(mutations[1].next()) for _ in range(TIMES)])
        assert [] == [line for line in server.out.lines if '"level":"ERROR"' in line]
        assert 0 == server.stop()
    sys.stdout.write(f"{store}: {dict(reported)}\n")
    assert 0 < reported[200] < reported[400]


def _cursor(server: Server, sort: str) -> tuple[bytes, bytes]:
    """An order, and the cursor of its second page."""
    page = json.loads(get(server, f"{PATH}?sort={sort}&limit=5&cursor=").body)
    return sort.encode(), quote(page["next_cursor"]).encode()


def _listing(query: bytes) -> bytes:
    """A request for a list; bytes that no target may have are percent-encoded, or HTTP refuses it."""
    encoded = b"".join(b"%c" % byte if 32 < byte < 127 else b"%%%02X" % byte for byte in query)
    return b"GET /api/v1/books?%b HTTP/1.1\r\nHost: a\r\n\r\n" % encoded


def _query(body: bytes) -> bytes:
    head = b"QUERY /api/v1/books HTTP/1.1\r\nHost: a\r\n" + CONTENT_TYPE
    return head + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def _told(server: Server, requests: Sequence[bytes]) -> Counter[int]:
    """How often each status was answered; a connection that the server ends is followed by another."""
    statuses: Counter[int] = Counter()
    left = list(requests)
    while left:
        with Connection(server) as connection:
            while left:
                request = left.pop()
                connection.send(request)
                answer = connection.receive()
                statuses[answer.status] += 1
                _check(request, answer)
                if answer.headers.get("connection") == "close":
                    break
    return statuses


def _check(request: bytes, answer: Answer) -> None:
    assert answer.status in (200, 400, 414, 422), (request, answer)
    document = json.loads(answer.body)
    assert answer.status == 200 or document["request_id"] == answer.headers["x-request-id"], (
        request,
        answer,
    )
