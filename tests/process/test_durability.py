"""`kill -9` under write load: what was acknowledged is there, once, and as it was acknowledged."""

import http.client
import itertools
import os
import shutil
import signal
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from tests.support.http import get
from tests.support.process import HOST, TIMEOUT_SECONDS, Server, serving

ITEMS = "/api/v1/items"
ROUNDS = 50 if os.environ.get("ESTUARY_TEST_SOAK") == "1" else 10
WRITERS = 8
ACKNOWLEDGED_A_ROUND = 150
GONE = None
"""In a ledger: no such item."""


class Ledger:
    """What clients were told, for the items of one round.

    `states` says for each known id in which states it may be found: one, or, while the answer to its last
    write is missing, two: an item's name, or `GONE`.
    """

    def __init__(self) -> None:
        self.states: dict[str, set[str | None]] = {}
        self.asked: set[str] = set()
        self._acknowledged = 0
        self._changed = threading.Condition()

    def asks(self, name: str) -> None:
        """A client wants to create an item of this name."""
        with self._changed:
            self.asked.add(name)

    def writes(self, item: str, state: str | None) -> None:
        """A client wants to bring `item` to `state`."""
        with self._changed:
            self.states[item].add(state)

    def acknowledged(self, item: str, state: str | None) -> None:
        """The server said that `item` is in `state`."""
        with self._changed:
            self.states[item] = {state}
            self._acknowledged += 1
            self._changed.notify_all()

    def wait_for(self, count: int) -> None:
        """Return when so many writes were acknowledged."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._acknowledged >= count, TIMEOUT_SECONDS)


class Writer(threading.Thread):
    """Creates items, renames every one and deletes every third, until its connection breaks."""

    def __init__(self, server: Server, ledger: Ledger, prefix: str) -> None:
        super().__init__(daemon=True)
        self._connection = http.client.HTTPConnection(HOST, server.port, timeout=TIMEOUT_SECONDS)
        self._ledger = ledger
        self._prefix = prefix
        self.refused: list[int] = []

    def run(self) -> None:
        """Write for as long as somebody answers."""
        try:
            for number in itertools.count():
                self._one_life(f"{self._prefix}-{number}", deleted=number % 3 == 0)
        except (OSError, http.client.HTTPException):
            self._connection.close()

    def _one_life(self, name: str, *, deleted: bool) -> None:
        self._ledger.asks(name)
        item = self._send("POST", ITEMS, name)["id"]
        self._ledger.acknowledged(item, name)
        self._ledger.writes(item, f"{name} renamed")
        self._send("PUT", f"{ITEMS}/{item}", f"{name} renamed")
        self._ledger.acknowledged(item, f"{name} renamed")
        if deleted:
            self._ledger.writes(item, GONE)
            self._send("DELETE", f"{ITEMS}/{item}")
            self._ledger.acknowledged(item, GONE)

    def _send(self, method: str, path: str, name: str | None = None) -> Any:
        body = None if name is None else msgspec.json.encode({"name": name})
        self._connection.request(method, path, body, {"content-type": "application/json"})
        response = self._connection.getresponse()
        content = response.read()
        if response.status >= 300:
            self.refused.append(response.status)
            raise ConnectionError
        return msgspec.json.decode(content) if content else None


def everything(server: Server) -> Iterator[dict[str, Any]]:
    """Every item that the server has, page by page."""
    cursor: str | None = ""
    while cursor is not None:
        page = msgspec.json.decode(get(server, f"{ITEMS}?limit=100&cursor={cursor}").body)
        yield from page["items"]
        cursor = page["next_cursor"]


def write_until_killed(server: Server, round_number: int) -> Ledger:
    """Load the server, kill all its processes in the middle of it; what clients were told until then."""
    ledger = Ledger()
    writers = [Writer(server, ledger, f"r{round_number}w{number}") for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    ledger.wait_for(ACKNOWLEDGED_A_ROUND)
    server.send_to_all(signal.SIGKILL)
    for writer in writers:
        writer.join(TIMEOUT_SECONDS)
    assert [] == [status for writer in writers for status in writer.refused]
    return ledger


def check(found: dict[str, str], ledgers: list[Ledger]) -> None:
    """Hold what was found, name by id, against all that clients were told."""
    known: set[str] = set()
    for ledger in ledgers:
        known |= ledger.states.keys()
        for item, states in ledger.states.items():
            assert found.get(item, GONE) in states, f"{item} may be {states}"
    # The rest are creates that were never answered: there or not, but once, and not renamed.
    strangers = [name for item, name in found.items() if item not in known]
    assert len(strangers) == len(set(strangers))
    asked = {name for ledger in ledgers for name in ledger.asked}
    reported = {name for ledger in ledgers for states in ledger.states.values() for name in states}
    assert set(strangers) <= asked - reported


def test_no_acknowledged_write_is_lost_or_doubled_by_kill_9(tmp_path: Path) -> None:
    """Every round kills all processes amid writes; the next start finds each item as it was promised."""
    path = tmp_path / "estuary.db"
    ledgers: list[Ledger] = []
    for round_number in range(ROUNDS):
        with serving(tmp_path, {"DATABASE_URL": f"sqlite:///{path}"}) as server:
            check({item["id"]: item["name"] for item in everything(server)}, ledgers)
            ledgers.append(write_until_killed(server, round_number))
        assert is_whole(path, tmp_path / f"copy-{round_number}")
    with serving(tmp_path, {"DATABASE_URL": f"sqlite:///{path}"}) as server:
        items = list(everything(server))
        check({item["id"]: item["name"] for item in items}, ledgers)
        total = msgspec.json.decode(get(server, ITEMS).body)["total"]
        assert len({item["id"] for item in items}) == len(items) == total
        assert 0 == server.stop()


def is_whole(path: Path, copy: Path) -> bool:
    """What SQLite says of a copy: to open the file itself would recover it in the server's place."""
    copy.mkdir()
    for file in path.parent.glob(f"{path.name}*"):
        shutil.copy(file, copy)
    database = sqlite3.connect(copy / path.name)
    try:
        return [("ok",)] == database.execute("PRAGMA integrity_check").fetchall()
    finally:
        database.close()
        shutil.rmtree(copy)
