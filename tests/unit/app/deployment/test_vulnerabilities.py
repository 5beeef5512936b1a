"""What pip-audit says is understood, above all when it has nothing to say."""

import json
import sys
from pathlib import Path

import pytest

from estuary.app.deployment.vulnerabilities import audit, read
from estuary.config.checklist.facts import Audit

SOUND = {"name": "msgspec", "version": "0.22.0", "vulns": []}
WEAK = {"name": "somelib", "version": "1.0", "vulns": [{"id": "PYSEC-1"}, {"id": "PYSEC-2", "aliases": []}]}
SKIPPED = {"name": "estuary", "skip_reason": "Dependency not found on PyPI"}


def report(*dependencies: object) -> bytes:
    """A report as `pip-audit --format json` gives it."""
    return json.dumps({"dependencies": dependencies, "fixes": []}).encode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (report(SOUND, SKIPPED), Audit(audited=1)),
        (report(SOUND, WEAK), Audit(("somelib 1.0 (PYSEC-1, PYSEC-2)",), 2)),
    ],
)
def test_a_report_is_read(text: bytes, expected: Audit) -> None:
    """How many were looked at, and each that is vulnerable with what is known."""
    assert expected == read(text)


@pytest.mark.parametrize(
    "text", [b"", b"No known vulnerabilities found", report(), report(SKIPPED), b"\xff"]
)
def test_no_report_is_no_clean_bill(text: bytes) -> None:
    """Without its source pip-audit skips everything, and says that nothing is known: that is no audit."""
    assert read(text).failure
    assert 0 == read(text).audited


def program(folder: Path, text: str) -> list[str]:
    """A program that stands in for pip-audit."""
    path = folder / "audit.py"
    path.write_text(text)
    return [sys.executable, str(path)]


def test_the_installed_libraries_are_what_is_audited(tmp_path: Path) -> None:
    """The program is pointed at Estuary's libraries, whatever it runs in; its exit code is no matter."""
    text = (
        "import json, pathlib, sys\n"
        "path = pathlib.Path(sys.argv[sys.argv.index('--path') + 1])\n"
        "name = 'msgspec' if (path / 'msgspec').is_dir() else 'nothing'\n"
        "print(json.dumps({'dependencies': [{'name': name, 'version': '1', 'vulns': [{'id': 'X'}]}]}))\n"
        "sys.exit(1)"
    )
    assert Audit(("msgspec 1 (X)",), 1) == audit(program(tmp_path, text))


def test_an_audit_ends_in_time_and_a_missing_program_is_told(tmp_path: Path) -> None:
    """Neither a program that hangs nor one that is not there stands in the way of the rest."""
    hanging = program(tmp_path, "import sys, time; sys.stdout.close(); time.sleep(600)")
    assert "took longer than" in audit(hanging, timeout=0.3).failure
    assert "cannot be started" in audit([str(tmp_path / "missing")]).failure
