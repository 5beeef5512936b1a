"""Runs pip-audit: whether an installed library has a known vulnerability."""

import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import msgspec

from estuary.config.checklist.facts import Audit

WAIT = 60.0
"""The deadline in seconds: every library is looked up over the network."""
_MISSING = "pip-audit is not installed"


class _Vulnerability(msgspec.Struct):
    id: str


class _Dependency(msgspec.Struct):
    name: str
    version: str = ""
    vulns: list[_Vulnerability] = []
    skip_reason: str = ""


class _Report(msgspec.Struct):
    dependencies: list[_Dependency]


def audit(program: Sequence[str] | None = None, *, timeout: float = WAIT) -> Audit:
    """The audit of Estuary's libraries by `program`, by default the installed one."""
    program = program or _installed()
    if not program:
        return Audit(failure=_MISSING)
    libraries = sysconfig.get_paths()["purelib"]
    try:
        done = subprocess.run(  # noqa: S603 (a fixed program; no argument comes from outside)
            [*program, "--format", "json", "--progress-spinner", "off", "--path", libraries],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Audit(failure=f"pip-audit took longer than {timeout:.0f} seconds")
    except OSError as error:
        return Audit(failure=f"pip-audit cannot be started: {error.strerror}")
    return read(done.stdout)


def read(report: bytes) -> Audit:
    """Read a report. One that skipped every library, as their source is unknown, counts as missing."""
    try:
        dependencies = msgspec.json.decode(report, type=_Report).dependencies
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Audit(failure="pip-audit gave no report: it could not reach its source")
    audited = [each for each in dependencies if not each.skip_reason]
    if not audited:
        return Audit(failure="pip-audit skipped every library: it could not reach its source")
    vulnerable = tuple(
        f"{each.name} {each.version} ({', '.join(found.id for found in each.vulns)})"
        for each in audited
        if each.vulns
    )
    return Audit(vulnerable, len(audited))


def _installed() -> list[str]:
    beside = Path(sys.executable).with_name("pip-audit")
    if beside.exists():
        return [str(beside)]
    found = shutil.which("pip-audit")
    if found is not None:
        return [found]
    # A frozen executable is not an interpreter that could run a module.
    return (
        [sys.executable, "-m", "pip_audit"] if find_spec("pip_audit") and not hasattr(sys, "frozen") else []
    )
