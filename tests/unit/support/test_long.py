"""What is marked `long` runs where every test is to run, or where it is asked for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LONG = "test_schemathesis_finds_no_failure"


@pytest.mark.parametrize(
    ("arguments", "every", "runs"),
    [
        (["tests/process"], None, False),
        (["tests/process"], "1", True),
        (["tests/process/test_schemathesis.py"], None, True),
        (["tests/process", "-k", "schemathesis"], None, True),
        (["tests/process", "-m", "long"], None, True),
    ],
    ids=["make test", "make check", "its file", "-k", "-m"],
)
def test_what_takes_long_is_asked_for(arguments: list[str], every: str | None, runs: bool) -> None:
    """`make check` and CI say that every test is to run; naming one is enough."""
    kept = {name: value for name, value in os.environ.items() if name != "ESTUARY_TEST_LONG"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=ROOT,
        env=kept if every is None else {**kept, "ESTUARY_TEST_LONG": every},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert runs == (LONG in done.stdout)


@pytest.mark.parametrize("path", ["Makefile", ".ci/run"])
def test_every_test_runs_before_a_change_lands(path: str) -> None:
    """In `make check`, and in CI."""
    assert "ESTUARY_TEST_LONG=1" in (ROOT / path).read_text()
