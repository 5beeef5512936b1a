"""Clients that ask without end for what no index serves wait for each other, and no other for them."""

import asyncio
import os
import sys
import time
from pathlib import Path
from threading import Event

import pytest

from bench.fill import fill_file, fill_postgres, record
from tests.support.creates import ITEMS
from tests.support.http import get
from tests.support.load import load_on, reading
from tests.support.probing import Probes
from tests.support.process import Server, serving
from tests.support.servers import shared

SOAK = os.environ.get("ESTUARY_TEST_SOAK") == "1"
RECORDS, SECONDS = (1_000_000, 60.0) if SOAK else (20_000, 1.0)
CLIENTS = 8
EVERY_SECONDS = 0.005
MOST_SECONDS = 0.05
"""The 99th percentile of what point reads may take, on two quiet cores."""
SCANS = [
    reading(f"{ITEMS}?description.contains=nowhere&count=none"),
    reading(f"{ITEMS}?name.ne=nowhere&sort=-description,name&count=exact"),
]


@pytest.mark.long
@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_endless_scans_leave_point_reads_alone(store: str, tmp_path: Path) -> None:
    """A scan is answered, cut off or refused, and a point read meanwhile is answered soon."""
    variables = {"DATABASE_TYPE": store, "DATABASE_MIGRATE": "auto"}
    if store == "postgres":
        server = shared.postgres()
        server.empty()
        variables["DATABASE_URL"] = server.url
        fill_postgres(server.url, server.execute, RECORDS)
    else:
        variables["DATABASE_URL"] = "sqlite:///books.db"
        asyncio.run(fill_file(tmp_path / "books.db", RECORDS))
    with (
        serving(tmp_path, variables) as estuary,
        load_on(estuary, SCANS[0], CLIENTS // 2) as first,
        load_on(estuary, SCANS[1], CLIENTS - CLIENTS // 2) as second,
    ):
        probes = _probed(estuary, f"{ITEMS}/{record(RECORDS // 2).id}")
    scans = first.statuses + second.statuses
    message = f"{store}: {probes}, beside {dict(scans)}"
    sys.stdout.write(f"{message}\n")
    assert {200} == probes.statuses, message
    assert scans.keys() <= {200, 422, 503}, message
    assert first.statuses.total() > 0 < second.statuses.total()
    assert probes.p99 <= MOST_SECONDS or not SOAK, message


def _probed(server: Server, path: str) -> Probes:
    """What point reads take, one every few milliseconds."""
    pause, end = Event(), time.monotonic() + SECONDS
    statuses: set[int] = set()
    waits: list[float] = []
    while time.monotonic() < end:
        begun = time.perf_counter()
        statuses.add(get(server, path).status)
        waits.append(time.perf_counter() - begun)
        pause.wait(EVERY_SECONDS)
    return Probes(statuses, waits)
