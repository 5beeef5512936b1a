"""Instructions: what was gained on a request's way is not lost again unseen."""

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from bench.contenders.contender import ROOT
from bench.instructions import MEMORY, REACHED, SQLITE, Cost, costs_of
from tests.support.programs import require
from workshop.compile import missing

MARGIN = 1.15
"""For what a server does by the clock: a slow or busy machine does more of it during one request."""


def _within(cost: Cost, reached: Cost) -> bool:
    return (
        cost.instructions <= reached.instructions * MARGIN
        and cost.instruction_misses <= reached.instruction_misses * MARGIN
    )


@pytest.mark.long
def test_a_request_costs_what_it_did_when_that_was_last_lowered() -> None:
    """Instructions, and misses of a first cache for them, of the compiled service: alike on every machine.

    A change that lowers them lowers `REACHED`; one that has to raise them says there for what.
    """
    require("valgrind", shutil.which("vgdb"))
    require("a C compiler with Python's headers", None if missing() else "there")
    subprocess.run(["make", "compile"], cwd=ROOT, check=True, capture_output=True)
    with ThreadPoolExecutor(2) as both:
        costs = {name: cost for each in both.map(costs_of, (MEMORY, SQLITE)) for name, cost in each.items()}
    assert {} == {name: cost for name, cost in costs.items() if not _within(cost, REACHED[name])}
    assert REACHED.keys() == costs.keys()
