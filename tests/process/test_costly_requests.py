"""A client that sends nothing but the costliest requests there are: others have their turn beside it."""

import ast
import os
import statistics
import subprocess
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path

from tests.support.costly_requests import ITEMS, bodies, heads
from tests.support.http import get, post
from tests.support.process import Server, serving

SOAK = os.environ.get("ESTUARY_TEST_SOAK") == "1"
SECONDS_A_KIND = 3.0 if SOAK else 0.05
PROBE_EVERY_SECONDS = 0.01
MOST_SECONDS = 0.25
"""The 99th percentile of what others wait beside any one kind, on two quiet cores."""


def test_a_client_that_sends_the_dearest_stalls_no_other(tmp_path: Path) -> None:
    """Each kind, one request after the other: none is a defect, and other clients are answered soon."""
    with serving(tmp_path, {"RATE_LIMIT_ENABLED": "false"}) as server:
        record = post(server, ITEMS, b'{"name":"a"}').headers["location"]
        words = [str(each) for each in (server.port, record, SECONDS_A_KIND)]
        command = [sys.executable, "-m", "tests.support.costly_requests", *words]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as siege:
            try:
                statuses, waits, said = probed(server, record, siege)
            finally:
                siege.kill()
    answered: dict[int, int] = ast.literal_eval(said[-1])
    kinds = [*heads(record), "metrics", *bodies()]
    assert kinds == said[:-1]
    assert {status for status in answered if status >= 500} == set()
    assert sum(answered.values()) >= len(said) - 1
    assert {200} == statuses
    enough = {kind: each for kind, each in waits.items() if kind in kinds and len(each) > 1}
    p99 = {kind: statistics.quantiles(each, n=100)[98] for kind, each in enough.items()}
    slowest = sorted(p99.items(), key=lambda item: -item[1])[:5]
    told = ", ".join(f"{kind}: {1000 * seconds:.0f} ms" for kind, seconds in slowest)
    sys.stdout.write(f"p99 of others beside {told}; {answered}\n")
    assert slowest[0][1] <= MOST_SECONDS or not SOAK, told


def probed(
    server: Server, record: str, siege: "subprocess.Popen[str]"
) -> tuple[set[int], dict[str, list[float]], list[str]]:
    """Others' requests until the siege is over: statuses, waits by what it sent then, and its words."""
    said = [""]

    def listen() -> None:
        assert siege.stdout is not None
        said.extend(line.strip() for line in siege.stdout)

    listener = threading.Thread(target=listen)
    listener.start()
    statuses: set[int] = set()
    waits: defaultdict[str, list[float]] = defaultdict(list)
    pause = threading.Event()
    while listener.is_alive():
        kind, begun = said[-1], time.perf_counter()
        statuses.add(get(server, record).status)
        waits[kind].append(time.perf_counter() - begun)
        pause.wait(PROBE_EVERY_SECONDS)
    listener.join()
    return statuses, waits, said[1:]
