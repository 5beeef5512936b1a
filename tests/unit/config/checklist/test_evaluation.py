"""The checklist as a whole: its lines, its reports, and the warnings at start-up."""

import json
from pathlib import Path

import pytest

from estuary.config.checklist.evaluation import ITEMS, Line, decide, failures_by_configuration
from estuary.config.checklist.facts import NOTHING
from estuary.config.checklist.finding import Finding, Status, failed, passed, warned, worst
from estuary.config.checklist.report import as_json, as_text, verdict
from tests.unit.config.checklist.judging import loaded

DOCUMENT = Path(__file__).parents[4] / "docs/security-checklist.md"

LINES = [
    Line(ITEMS[0], passed("fine")),
    Line(ITEMS[1], warned("odd", "look")),
    Line(ITEMS[2], failed("bad", "mend it")),
]


def test_the_document_has_a_row_for_each_line() -> None:
    """In the same order and the same words."""
    rows = [line.split("|")[1:3] for line in DOCUMENT.read_text().splitlines() if line.startswith("| `")]
    assert [(f"`{item.name}`", item.demand) for item in ITEMS] == [
        (name.strip(), demand.strip()) for name, demand in rows
    ]


def test_nothing_passes_unseen() -> None:
    """Without facts, what needs them warns, or is decided by the configuration alone."""
    decided = {line.item.name: line.finding.status for line in decide(loaded(), NOTHING)}
    assert [item.name for item in ITEMS] == list(decided)
    unseen = ("certificates", "monitoring", "floods", "dependencies", "files", "schema", "clock")
    assert {Status.WARN} == {decided[name] for name in unseen}


@pytest.mark.parametrize(
    ("variables", "names"),
    [
        ({"PUBLIC_URL": "https://api.acme.io", "TRUSTED_PROXIES": "10.0.0.1"}, []),
        ({}, ["https"]),
        (
            {"APP_PROFILE": "development", "DATABASE_TYPE": "memory", "RATE_LIMIT_ENABLED": "off"},
            ["profile", "strict-mode", "csp", "https", "rate-limit", "cors", "logging", "store"],
        ),
    ],
)
def test_what_the_configuration_decides_is_told_without_facts(
    variables: dict[str, str], names: list[str]
) -> None:
    """These are the lines that `estuary serve` warns of at start-up in production."""
    assert names == [line.item.name for line in failures_by_configuration(loaded(**variables))]


def test_the_verdict_is_the_gravest_status() -> None:
    """One failure fails all; a warning does not."""
    assert [Status.FAIL, Status.WARN, Status.PASS] == [
        verdict(LINES),
        verdict(LINES[:2]),
        verdict(LINES[:1]),
    ]


def test_the_gravest_finding_speaks_for_all() -> None:
    """The first of its status."""
    findings: list[Finding] = [passed("a"), warned("b", "x"), warned("c", "y")]
    assert "b" == worst(findings).reason


def test_the_report_for_programs() -> None:
    """The verdict, and every line with all it says."""
    report = json.loads(as_json(LINES))
    assert "fail" == report["status"]
    first, _, last = report["checks"]
    assert {
        "name": "profile",
        "demand": ITEMS[0].demand,
        "status": "pass",
        "reason": "fine",
        "mend": "",
    } == first
    assert ("fail", "bad", "mend it") == (last["status"], last["reason"], last["mend"])


def test_the_report_for_people() -> None:
    """A line each, the mend beneath what needs it, the sum at the end."""
    found = [line.split() for line in as_text(LINES, None).splitlines()]
    assert [
        ["PASS", "profile", "fine"],
        ["WARN", "strict-mode", "odd"],
        ["->", "look"],
        ["FAIL", "csp", "bad"],
        ["->", "mend", "it"],
        ["1", "pass,", "1", "warn,", "1", "fail"],
    ] == found


def test_the_report_fits_the_terminal() -> None:
    """Reasons and corrections go on below themselves; an address stays whole."""
    address = "https://auth.example.com/realms/a/very/long/path"
    line = Line(
        LINES[0].item, Finding(Status.FAIL, f"the issuer {address} does not answer", "look at it " * 5)
    )
    assert [
        "FAIL  profile  the issuer",
        f"               {address}",
        "               does not answer",
        "               -> look at it look at it look at",
        "                  it look at it look at it",
    ] == as_text([line], 48).splitlines()[:-1]
