"""Instructions: what was gained on a request's way is not lost again unseen."""

import shutil
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from bench.callgrind import Cost
from bench.contenders.contender import ROOT
from bench.instructions import MEMORY, REACHED, SQLITE, costs_of
from tests.support.programs import require
from workshop.compile import missing

MARGIN = 1.05
"""For interpreters and compilers that differ; the clock's work is no part of the figures."""
MISSES_MARGIN = 1.1
"""For misses, which depend on where the linker puts code, too: 7,209 on one machine, 7,558 on another."""

BOUNDS = {
    "memory-read": 50_000,
    "memory-create": 80_000,
    "sqlite-read": 75_000,
    "sqlite-list": 555_150,
    "memory-all": 257_234,
    "sqlite-all": 655_254,
}
"""Instructions that no request may cost, whatever was reached.

A list without parameters: 1.02 of what it cost before lists could be asked for by conditions.
"""
MOST_MISSES = 1_800
"""Of a read from memory, in the cache for instructions."""
MOST_TIMES_PLAIN = 1.25
"""What a list costs at most that an index serves, beside the plain one: both by cursor."""


def _beyond_bounds(costs: Mapping[str, Cost]) -> dict[str, Cost]:
    bounds = dict(BOUNDS)
    for store in ("memory", "sqlite"):
        plain = costs[f"{store}-page"].instructions
        for served in ("sorted", "filtered", "both"):
            bounds[f"{store}-{served}"] = int(plain * MOST_TIMES_PLAIN)
    return {name: costs[name] for name, most in bounds.items() if costs[name].instructions > most}


def _is_within(cost: Cost, reached: Cost) -> bool:
    return (
        cost.instructions <= reached.instructions * MARGIN
        and cost.instruction_misses <= reached.instruction_misses * MISSES_MARGIN
    )


@pytest.mark.long
def test_a_request_costs_what_it_did_when_that_was_last_lowered() -> None:
    """Instructions, and misses of a first cache for them, of the compiled service: alike on every machine.

    A change that lowers them lowers `REACHED`; one that has to raise them says there for what. `BOUNDS` are
    not raised.
    """
    require("valgrind", shutil.which("vgdb"))
    require("a C compiler with Python's headers", None if missing() else "there")
    subprocess.run(["make", "compile"], cwd=ROOT, check=True, capture_output=True)
    with ThreadPoolExecutor(2) as both:
        costs = {name: cost for each in both.map(costs_of, (MEMORY, SQLITE)) for name, cost in each.items()}
    assert {} == _beyond_bounds(costs)
    assert costs["memory-read"].instruction_misses <= MOST_MISSES
    assert {} == {name: cost for name, cost in costs.items() if not _is_within(cost, REACHED[name])}
    assert REACHED.keys() == costs.keys()
