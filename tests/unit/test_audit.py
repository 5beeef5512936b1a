"""`make audit` finds what it looks for, passes over what has a reason, and takes "not run" for nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from workshop.audit import NotRun, flaws

AUDIT = Path(__file__).parents[2] / "workshop" / "audit.py"


def audited(*arguments: str) -> tuple[int, str]:
    """Exit code and output of one audit."""
    done = subprocess.run(
        [sys.executable, str(AUDIT), *arguments], capture_output=True, text=True, timeout=120, check=False
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("x = eval(input())", True),
        ("x = eval(input())  # noqa: S307", True),
        ("x = eval(input())  # noqa: S608 (another rule)", True),
        ("x = eval(input())  # noqa: S307 (a test's own)", False),
        ("import subprocess", False),
    ],
)
def test_a_flaw_in_the_code_is_found_unless_it_has_a_reason(tmp_path: Path, line: str, found: bool) -> None:
    """A mark without a reason is no reason."""
    (tmp_path / "flawed.py").write_text(f"{line}\n")
    code, reported = audited("code", str(tmp_path))
    assert (1 if found else 0) == code, reported
    assert found == ("flawed.py:1: B307" in reported)


def test_code_that_cannot_be_read_is_found(tmp_path: Path) -> None:
    """What bandit could not look at has not passed."""
    (tmp_path / "broken.py").write_text("def\n")
    code, reported = audited("code", str(tmp_path))
    assert (1, True) == (code, "broken.py" in reported)


def test_a_flaw_in_a_workflow_is_found(tmp_path: Path) -> None:
    """A title that anybody can choose, put into a shell."""
    (tmp_path / "workflow.yml").write_text(
        "on: pull_request_target\njobs:\n  x:\n    runs-on: ubuntu-latest\n    steps:\n"
        "      - run: echo ${{ github.event.pull_request.title }}\n"
    )
    code, reported = audited("workflows", str(tmp_path))
    assert (1, True) == (code, "template-injection" in reported), reported


def test_our_workflows_are_well() -> None:
    """There are some, and nothing is found in them."""
    assert (0, "audit: workflows: nothing found\n") == audited("workflows")


def test_no_workflow_is_not_well(tmp_path: Path) -> None:
    """Where there was nothing to look at, that is said."""
    assert (0, f"audit: workflows: not run: there is no workflow file in {tmp_path}\n") == audited(
        "workflows", str(tmp_path)
    )


def test_a_flaw_in_a_library_is_found() -> None:
    """Also where others could not be looked up."""
    flawed = {"name": "x", "version": "1", "vulns": [{"id": "PYSEC-1"}]}
    assert ["x 1: PYSEC-1"] == flaws([flawed, {"name": "y", "skip_reason": "unknown"}])


def test_libraries_that_were_not_looked_up_are_not_well() -> None:
    """Without its advisories pip-audit says that nothing is known, and means that it knows nothing."""
    well = {"name": "x", "version": "1", "vulns": []}
    assert [] == flaws([well])
    with pytest.raises(NotRun, match="1 of 2 libraries: unknown"):
        flaws([well, {"name": "y", "skip_reason": "unknown"}])
