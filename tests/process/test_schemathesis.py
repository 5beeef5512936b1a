"""schemathesis, with every check it has but two, against the document that a real server serves."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.process import environment_of, serving

RESOURCES = "estuary.core.items:ITEMS,tests.support.resources:VESSELS"
ROOT = Path(__file__).parents[2]
SOAK = os.environ.get("ESTUARY_TEST_SOAK") == "1"
PHASES = "examples,fuzzing,stateful,coverage" if SOAK else "examples,fuzzing,stateful"
"""What schemathesis calls coverage, each boundary of each parameter, takes twice as long as all else."""
EXAMPLES = "60" if SOAK else "10"
"""Of each operation and kind of example: the document has some forty operations."""
HOOKS = {"SCHEMATHESIS_HOOKS": "tests.process.schemathesis_hooks", "PYTHONPATH": str(ROOT)}


@pytest.mark.long
def test_schemathesis_finds_no_failure(tmp_path: Path) -> None:
    """Examples, fuzzing, stateful sequences, in a soak boundaries, too: no check fails on any operation."""
    variables = {"RESOURCES": RESOURCES, "PYTHONPATH": str(ROOT), "DATABASE_TYPE": "sqlite"}
    with serving(tmp_path, variables) as server:
        report = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli"),
                *("--config-file", Path(__file__).with_name("schemathesis.toml")),
                *("run", f"{server.origin}/openapi.json", "--checks", "all"),
                *("--phases", PHASES, "--max-examples", EXAMPLES),
                # It takes QUERY, which OpenAPI 3.1 does not know, for a method that should be refused,
                # and that `Allow` should not hold; what is refused is asked in tests/http/test_contract.py.
                *("--exclude-checks", "unsupported_method,allow_header_conformance"),
                "--no-color",
            ],
            cwd=tmp_path,
            env=environment_of(HOOKS),
            capture_output=True,
            text=True,
            check=False,
        )
        assert 0 == report.returncode, report.stdout + report.stderr
        assert "No issues found" in report.stdout, report.stdout
        assert [] == [line for line in server.out.lines if '"level":"ERROR"' in line]
        assert 0 == server.stop()
