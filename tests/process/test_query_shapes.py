"""Queries of ever new shapes do not fill the memory of a worker, nor that of the database's server."""

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from itertools import combinations, product
from pathlib import Path
from typing import Any

import psutil
import pytest

from estuary.core.queries.conditions import comparisons
from estuary.core.queries.indexes import MAX_SORT_KEYS
from estuary.core.queries.query import ListQuery
from tests.support.http import Connection
from tests.support.process import serving
from tests.support.served_queries import VALUES, served_queries
from tests.support.servers import shared

BOOKS = "/api/v1/books"
SHAPES, WARM_UP = 1_000, 20
MIB = 1024 * 1024
MOST_IN_A_WORKER, MOST_IN_A_CONNECTION = 12 * MIB, 30 * MIB
RECORDS, PAGE = 100, 2
_COMPARED: dict[str, Any] = {
    "title": {"prefix": "title"},
    "pages": {"gte": 1},
    "price": {"ne": 7.5},
    "lent": {"ne": False},
    "read_at": {"gt": "1970-01-01T00:00:00Z"},
    "binding": {"in": ["paper", "cloth"]},
    "note": {"contains": "n"},
    "tags": {"has": "a"},
}
"""Conditions that most records meet; none of them, or more than one, is served."""


def _bodies() -> Iterator[dict[str, Any]]:
    """Queries no two of which have one form: those that indexes serve, and others, in every order."""
    reported: list[str] = []
    for query in served_queries():
        form = str(([(each.field, each.operator) for each in comparisons(query.where)], query.sort))
        if (
            query.owner is None
            and query.after is None
            and len(query.sort) <= MAX_SORT_KEYS
            and form not in reported
        ):
            reported.append(form)
            yield _body(query)
    orders = [
        ("-pages", "title", "-note"),
        ("read_at", "-binding"),
        ("note", "-lent", "price"),
        ("-price",),
    ]
    for several, order in product(combinations(_COMPARED, 3), orders):
        where = [{name: _COMPARED[name]} for name in several]
        yield {"where": {"or": where}, "sort": order}
        yield {"where": {"and": where, "not": {"title": {"eq": "title"}}}, "sort": order}


def _body(query: ListQuery) -> dict[str, Any]:
    """A query as a client writes it; where conditions are met by few, it still is of its form."""
    where: dict[str, dict[str, Any]] = {}
    for condition in comparisons(query.where):
        where.setdefault(condition.field, {})[condition.operator.value] = _json(condition.value)
    sort = [f"-{key.field}" if key.descending else key.field for key in query.sort]
    return {"where": where, **({"sort": sort} if sort else {})}


def _record(number: int) -> dict[str, Any]:
    """Every second book has all values that are asked for, and every fourth the nulls."""
    if number % 2:
        alike = {
            name: _json(VALUES[name]) for name in ("title", "pages", "price", "lent", "binding", "note")
        }
        return {**alike, "read_at": _json(VALUES["read_at"]), "tags": ["a"]}
    others = {"pages": number, "lent": False, "note": f"note {number}"} if number % 4 else {}
    return {"title": f"title {number}", **others}


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _ask(connection: Connection, method: str, body: dict[str, Any]) -> dict[str, Any]:
    content = json.dumps(body).encode()
    head = f"{method} {BOOKS} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    connection.send(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
    answer = connection.receive()
    assert answer.status in (200, 201), answer
    answered: dict[str, Any] = json.loads(answer.body)
    return answered


def _ask_all(connection: Connection, bodies: Iterator[dict[str, Any]], shapes: int) -> None:
    """Ask for two pages of each, which are two shapes, until there were so many."""
    asked = 0
    while asked < shapes:
        body = next(bodies)
        page = _ask(connection, "QUERY", {**body, "limit": PAGE, "cursor": ""})
        asked += 1
        if page["next_cursor"] is not None:
            _ask(connection, "QUERY", {**body, "limit": PAGE, "cursor": page["next_cursor"]})
            asked += 1


def _held_by_sessions() -> dict[int, int]:
    """The bytes of its own that each of the server's processes for our sessions has."""
    pids = shared.postgres().execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'estuary'")
    return {int(pid): _anonymous(int(pid)) for pid in pids.split()}


def _anonymous(pid: int) -> int:
    """Without the server's shared buffers, which count for the process that uses them first."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon:"))


@pytest.mark.long
@pytest.mark.parametrize("store", ["memory", "sqlite", "postgres"])
def test_a_thousand_shapes_are_not_all_kept(store: str, tmp_path: Path) -> None:
    """Of statements, their plans and what leads to them only so many are, here and in the server."""
    variables = {"DATABASE_TYPE": store, "RESOURCES": "tests.support.served_queries:BOOKS"}
    variables["PYTHONPATH"] = str(Path(__file__).parents[2])
    if store == "postgres":
        shared.postgres().empty()
        variables["DATABASE_URL"] = shared.postgres().url
    with serving(tmp_path, variables) as server, Connection(server) as connection:
        for number in range(RECORDS):
            _ask(connection, "POST", _record(number))
        bodies = _bodies()
        _ask_all(connection, bodies, WARM_UP)
        (worker,) = map(psutil.Process, server.workers)
        held, held_there = worker.memory_full_info().uss, _held_by_sessions()
        _ask_all(connection, bodies, SHAPES)
        grown = worker.memory_full_info().uss - held
        there = _held_by_sessions()
        assert held_there.keys() == there.keys()
        assert (store == "postgres") == bool(there)
        grown_there = max((there[pid] - held_there[pid] for pid in there), default=0)
    message = f"{grown / MIB:.1f} MiB in the worker, {grown_there / MIB:.1f} MiB in a session of the server"
    sys.stdout.write(f"{SHAPES} shapes, {store}: {message}\n")
    assert grown <= MOST_IN_A_WORKER, message
    assert grown_there <= MOST_IN_A_CONNECTION, message
