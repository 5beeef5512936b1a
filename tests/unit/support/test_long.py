"""What is marked `long` runs where every test is to run, or where it is asked for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
INI = "[pytest]\nmarkers = long: as in pyproject.toml\naddopts = -p no:cacheprovider -p tests.conftest\n"
SUITE = """
import pytest

@pytest.mark.long
def test_a_siege():
    pass

def test_a_moment():
    pass
"""


@pytest.mark.parametrize(
    ("arguments", "every", "collected"),
    [
        ([], None, {"test_a_moment"}),
        ([], "1", {"test_a_moment", "test_a_siege"}),
        (["test_suite.py"], None, {"test_a_moment", "test_a_siege"}),
        (["-k", "siege"], None, {"test_a_siege"}),
        (["-m", "long"], None, {"test_a_siege"}),
    ],
    ids=["make test", "make check", "its file", "-k", "-m"],
)
def test_what_takes_long_is_asked_for(
    tmp_path: Path, arguments: list[str], every: str | None, collected: set[str]
) -> None:
    """`make check` and CI say that every test is to run; naming one is enough."""
    (tmp_path / "test_suite.py").write_text(SUITE)
    (tmp_path / "pytest.ini").write_text(INI)
    kept = {name: value for name, value in os.environ.items() if name != "ESTUARY_TEST_LONG"}
    variables = {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    if every is not None:
        variables["ESTUARY_TEST_LONG"] = every
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", *arguments],
        cwd=tmp_path,
        env={**kept, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert collected == {line.split("::")[1] for line in done.stdout.splitlines() if "::" in line}


def test_what_takes_long_is_marked_so_in_the_suite() -> None:
    """The mark that is left out is the one that tests bear, and that pytest knows."""
    assert "@pytest.mark.long\n" in (ROOT / "tests/process/test_schemathesis.py").read_text()
    assert '"long: ' in (ROOT / "pyproject.toml").read_text()


@pytest.mark.parametrize("path", ["Makefile", ".ci/run"])
def test_every_test_runs_before_a_change_lands(path: str) -> None:
    """In `make check`, and in CI."""
    assert "ESTUARY_TEST_LONG=1" in (ROOT / path).read_text()
