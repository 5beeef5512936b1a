"""What the workflow of the repository's host does, as far as it can be done here."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.workshop import ROOT, tool
from tests.support.programs import require

WORKFLOW = ROOT / ".github/workflows/ci.yml"


@pytest.fixture
def steps() -> list[dict[str, Any]]:
    """The steps of the one job."""
    workflow = yaml.safe_load(WORKFLOW.read_text())
    (job,) = workflow["jobs"].values()
    found: list[dict[str, Any]] = job["steps"]
    return found


def git(folder: Path, *arguments: str) -> str:
    """What git says in a folder, as somebody with no settings of their own."""
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
    program = require("git", shutil.which("git"))
    done = subprocess.run(
        [program, *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True, timeout=30
    )
    return done.stdout.strip()


def test_the_schema_is_kept() -> None:
    """The host's own schema accepts the file."""
    done = tool("check-jsonschema", "--builtin-schema", "vendor.github-workflows", WORKFLOW)
    assert 0 == done.returncode, done.stdout


def test_it_fetches_the_commit_that_is_asked_for(tmp_path: Path, steps: list[dict[str, Any]]) -> None:
    """Also where the branch has gone on: what is proved is what was pushed."""
    there = tmp_path / "host" / "estuary"
    there.mkdir(parents=True)
    git(there, "init", "--quiet")
    commits = []
    for number in range(2):
        git(there, "commit", "--quiet", "--allow-empty", "--message", str(number))
        commits.append(git(there, "rev-parse", "HEAD"))
    variables = {
        "GITHUB_SERVER_URL": f"file://{tmp_path}",
        "GITHUB_REPOSITORY": "host/estuary",
        "GITHUB_SHA": commits[0],
    }
    subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", steps[0]["run"]],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), **variables},
        check=True,
        timeout=30,
    )
    assert commits[0] == git(tmp_path / "source", "rev-parse", "HEAD")


def test_it_runs_what_proves_a_checkout_anywhere(steps: list[dict[str, Any]]) -> None:
    """`.ci/run` and nothing else: no step is made by anybody else."""
    assert "sudo .ci/run" == steps[-1]["run"]
    assert (ROOT / ".ci/run").stat().st_mode & 0o111
    assert [] == [step["uses"] for step in steps if "uses" in step]


def test_nothing_is_tried_a_second_time() -> None:
    """What fails at the first try has failed: a second one would hide what is wrong every other time."""
    read = [ROOT / name for name in (".ci/run", "Makefile", "pyproject.toml")] + [WORKFLOW]
    again = re.compile(r"\btwice\b|last-failed|--lf\b|--ff\b|reruns?\b|flaky|retry")
    assert {} == {path.name: found for path in read if (found := again.findall(path.read_text()))}
