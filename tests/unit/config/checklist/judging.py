"""How these tests put a question to the checklist."""

from collections.abc import Callable
from pathlib import Path

from estuary.config.checklist.facts import NOTHING, Facts
from estuary.config.checklist.finding import Finding, Status
from estuary.config.environment import Loaded, load_from

Decide = Callable[[Loaded, Facts], Finding]

AUTH = {
    "AUTH_ENABLED": "true",
    "AUTH_ISSUER": "https://issuer.test",
    "AUTH_AUDIENCE": "records",
}
"""What lets authentication be on."""


def loaded(**variables: str) -> Loaded:
    """A configuration that is for production, unless it says otherwise."""
    return load_from({"APP_PROFILE": "production", **variables}, directory=Path("/nonexistent"))


def judge(decide: Decide, expected: str, facts: Facts = NOTHING, /, **variables: str) -> Finding:
    """The finding, which must have the expected status; whatever does not pass says what mends it."""
    finding = decide(loaded(**variables), facts)
    assert Status(expected) == finding.status, finding.reason
    assert (finding.status is Status.PASS) == (finding.mend == "")
    assert finding.reason
    return finding
