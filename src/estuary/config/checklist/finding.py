"""What a line of the checklist comes to."""

from enum import Enum

import msgspec


class Status(Enum):
    """How it stands. What could not be looked at is a warning that says so."""

    PASS = "pass"  # noqa: S105 (no password)
    WARN = "warn"
    FAIL = "fail"


class Finding(msgspec.Struct, frozen=True):
    """How it stands, why, and what mends it (empty where nothing has to be)."""

    status: Status
    reason: str
    mend: str = ""


def passed(reason: str) -> Finding:
    """A finding that needs no change; `reason` says why."""
    return Finding(Status.PASS, reason)


def warned(reason: str, mend: str) -> Finding:
    """It may be meant, or could not be looked at."""
    return Finding(Status.WARN, reason, mend)


def failed(reason: str, mend: str) -> Finding:
    """A finding to correct before the service is exposed; `mend` says how."""
    return Finding(Status.FAIL, reason, mend)


def worst(findings: list[Finding]) -> Finding:
    """The first finding of the worst status among them."""
    order = [Status.FAIL, Status.WARN, Status.PASS]
    return min(findings, key=lambda finding: order.index(finding.status))
