"""`kill -9` in the middle of batches: none is half-written, and none that was acknowledged is lost."""

import http.client
import itertools
import os
import signal
import threading
from pathlib import Path

import msgspec
import pytest

from tests.support.http import get
from tests.support.process import HOST, TIMEOUT_SECONDS, Server, serving
from tests.support.servers import shared

ROUNDS = 50 if os.environ.get("ESTUARY_TEST_SOAK") == "1" else 5
WRITERS, RECORDS = 4, 5
ACKNOWLEDGED_A_ROUND = 20
"""By each writer."""
ITEMS = "/api/v1/items"


def path_of(writer: int, record: int) -> str:
    """One of the records that a writer has to itself."""
    return f"{ITEMS}/0199c0de-{writer:04}-7abc-8def-{record:012}"


class Writer(threading.Thread):
    """Gives all of its records the next number for a name, in one batch, until its connection breaks."""

    def __init__(self, server: Server, number: int, last: int) -> None:
        super().__init__(daemon=True)
        self._connection = http.client.HTTPConnection(HOST, server.port, timeout=TIMEOUT_SECONDS)
        self._number = number
        self.acknowledged = self._begun = last
        self.enough = threading.Event()
        self.refused: list[int] = []

    def run(self) -> None:
        """Write for as long as the server answers."""
        try:
            for name in itertools.count(self.acknowledged + 1):
                self._send(name)
                self.acknowledged = name
                if name >= self._begun + ACKNOWLEDGED_A_ROUND:
                    self.enough.set()
        except (OSError, http.client.HTTPException):
            self._connection.close()

    def _send(self, name: int) -> None:
        first = {"If-None-Match": "*"} if name == 1 else {"If-Match": f'"{name - 1}"'}
        operations = [
            {
                "method": "PUT",
                "path": path_of(self._number, each),
                "headers": first,
                "body": {"name": str(name)},
            }
            for each in range(RECORDS)
        ]
        body = msgspec.json.encode({"operations": operations})
        self._connection.request("POST", "/api/v1/batch", body, {"content-type": "application/json"})
        response = self._connection.getresponse()
        response.read()
        if response.status != 200:
            self.refused.append(response.status)
            raise ConnectionError


def numbers(server: Server, writer: int) -> set[int]:
    """The names of a writer's records, which are 0 where there is none."""
    answers = [get(server, path_of(writer, each)) for each in range(RECORDS)]
    return {int(msgspec.json.decode(each.body)["name"]) if each.status == 200 else 0 for each in answers}


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_kill_9_leaves_whole_batches(store: str, tmp_path: Path) -> None:
    """All of a batch's records are as it wrote them, or none; what was acknowledged is there."""
    url = f"sqlite:///{tmp_path}/estuary.db"
    if store == "postgres":
        shared.postgres().empty()
        url = shared.postgres().url
    last = [{0}] * WRITERS
    for _ in range(ROUNDS):
        with serving(tmp_path, {"DATABASE_URL": url}) as server:
            begun = checked(server, last)
            last = write_until_killed(server, begun)
    with serving(tmp_path, {"DATABASE_URL": url}) as server:
        checked(server, last)
        assert 0 == server.stop()


def checked(server: Server, last: list[set[int]]) -> list[int]:
    """The names that each writer's records have, which are all the same, and one of those they may have."""
    found = [numbers(server, writer) for writer in range(WRITERS)]
    assert [1] * WRITERS == [len(each) for each in found]
    assert all(each <= allowed for each, allowed in zip(found, last, strict=True)), (found, last)
    return [each.pop() for each in found]


def write_until_killed(server: Server, begun: list[int]) -> list[set[int]]:
    """Send batches, kill all processes amid them; the names that each writer's records may have then."""
    writers = [Writer(server, number, begun[number]) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    assert all(writer.enough.wait(TIMEOUT_SECONDS) for writer in writers)
    server.send_to_all(signal.SIGKILL)
    for writer in writers:
        writer.join(TIMEOUT_SECONDS)
    assert [] == [status for writer in writers for status in writer.refused]
    return [{writer.acknowledged, writer.acknowledged + 1} for writer in writers]
