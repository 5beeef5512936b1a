"""The result of an item of the checklist."""

from enum import Enum

import msgspec


class Status(Enum):
    """The status of an item. A fact that could not be gathered makes a warning."""

    PASS = "pass"  # noqa: S105 (no password)
    WARN = "warn"
    FAIL = "fail"


class Finding(msgspec.Struct, frozen=True):
    """A status, its reason, and how to correct it (empty if there is nothing to correct)."""

    status: Status
    reason: str
    mend: str = ""


def passed(reason: str) -> Finding:
    """A finding that needs no change; `reason` says why."""
    return Finding(Status.PASS, reason)


def warned(reason: str, mend: str) -> Finding:
    """A finding that may be intended, or on something that could not be examined."""
    return Finding(Status.WARN, reason, mend)


def failed(reason: str, mend: str) -> Finding:
    """A finding to correct before the service is exposed; `mend` says how."""
    return Finding(Status.FAIL, reason, mend)


def worst(findings: list[Finding]) -> Finding:
    """The first finding of the worst status."""
    order = [Status.FAIL, Status.WARN, Status.PASS]
    return min(findings, key=lambda finding: order.index(finding.status))
