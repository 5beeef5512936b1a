"""The lines on store, schema, backups, monitoring, disk, files and libraries."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from estuary.config.checklist import upkeep
from estuary.config.checklist.facts import (
    Answer,
    Audit,
    Disk,
    Facts,
    NoAnswer,
    Openness,
    StoreState,
    UnseenDisk,
)
from tests.unit.config.checklist.judging import judge

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
CONVEX = {"DATABASE_URL": "convex://happy-otter-123.convex.cloud"}
POSTGRES = {"DATABASE_URL": "postgres://db.internal/records"}
GIB = 1024**3

WELL = StoreState(answers=True, fits=True, message="ok")
AWAY = StoreState(answers=False, fits=None, message="no server listens")
OTHER = StoreState(answers=True, fits=False, message="the column name is missing")


def test_store() -> None:
    """It outlives the process, and answers."""
    judge(upkeep.store, "pass")
    judge(upkeep.store, "pass", Facts(store=WELL), **POSTGRES)
    judge(upkeep.store, "pass", Facts(store=OTHER))
    assert "no server listens" in judge(upkeep.store, "fail", Facts(store=AWAY)).reason
    judge(upkeep.store, "pass", Facts(store=WELL), **CONVEX, CONVEX_DEPLOY_KEY="prod:a|b")
    assert "every record" in judge(upkeep.store, "warn", Facts(store=WELL), **CONVEX).reason
    assert "lost at a restart" in judge(upkeep.store, "fail", DATABASE_TYPE="memory").reason


def test_schema() -> None:
    """It fits; one that was not seen is not said to."""
    judge(upkeep.schema, "pass", Facts(store=WELL))
    misfit = judge(upkeep.schema, "fail", Facts(store=OTHER))
    assert ("the column name is missing", "run `estuary migrate`") == (misfit.reason, misfit.mend)
    assert "run `npx convex deploy`" == judge(upkeep.schema, "fail", Facts(store=OTHER), **CONVEX).mend
    for facts in (Facts(), Facts(store=AWAY)):
        judge(upkeep.schema, "warn", facts)


@pytest.mark.parametrize(
    ("hours", "variables", "expected"),
    [
        (26, {}, "pass"),
        (26.1, {}, "fail"),
        (26.1, {"BACKUP_MAX_AGE_HOURS": "48"}, "pass"),
        (1, {**POSTGRES, "BACKUP_STATUS_PATH": "/shared/status.json"}, "pass"),
    ],
)
def test_backups(hours: float, variables: dict[str, str], expected: str) -> None:
    """The last one is as young as asked for."""
    facts = Facts(now=NOW, last_backup=NOW - timedelta(hours=hours))
    judge(upkeep.backups, expected, facts, **variables)


def test_backups_that_are_not_known() -> None:
    """Never made fails; made by somebody else, perhaps, warns."""
    assert "never" in judge(upkeep.backups, "fail", Facts(now=NOW)).reason
    judge(upkeep.backups, "warn", Facts(now=NOW), **POSTGRES)
    judge(upkeep.backups, "warn", Facts(now=NOW), DATABASE_TYPE="memory")


OWN = Answer("http://127.0.0.1:3000/metrics", 200)
HIDDEN = Answer("https://api.acme.io/metrics", 401)


@pytest.mark.parametrize(
    ("facts", "variables", "expected", "message"),
    [
        (Facts(own_metrics=OWN, public_metrics=HIDDEN), {}, "pass", "Prometheus"),
        (Facts(own_metrics=OWN), {"METRICS_TOKEN": "b7s-9dK2-vVq8_mWz"}, "pass", ""),
        (Facts(own_metrics=OWN), {"ADMIN_PORT": "9100"}, "pass", ""),
        (Facts(own_metrics=OWN), {"ADMIN_PORT": "9100", "ADMIN_HOST": "0.0.0.0"}, "warn", "on 0.0.0.0"),
        (Facts(own_metrics=OWN), {}, "warn", "every caller"),
        (Facts(own_metrics=OWN, public_metrics=Answer(HIDDEN.url, 200)), {}, "fail", "anybody"),
        (Facts(own_metrics=NoAnswer(OWN.url, "refused")), {}, "warn", "refused"),
        (Facts(), {}, "warn", "not seen"),
        (Facts(own_metrics=Answer(OWN.url, 404)), {}, "fail", "404"),
    ],
)
def test_monitoring(facts: Facts, variables: dict[str, str], expected: str, message: str) -> None:
    """Metrics are there for who may see them."""
    assert message in judge(upkeep.monitoring, expected, facts, **variables).reason


@pytest.mark.parametrize(
    ("free", "total", "expected"),
    [(50, 100, "pass"), (9.9, 100, "warn"), (4.9, 100, "fail"), (0.9, 2, "warn"), (0.2, 1, "fail")],
)
def test_disk(free: float, total: float, expected: str) -> None:
    """Room is judged by part and by gigabytes."""
    facts = Facts(disk=Disk(Path("data"), round(free * GIB), round(total * GIB)))
    judge(upkeep.disk, expected, facts)


def test_a_disk_that_keeps_nothing() -> None:
    """Where records are elsewhere there is nothing to run out of; a disk that hangs does not pass."""
    judge(upkeep.disk, "pass")
    assert "late" in judge(upkeep.disk, "warn", Facts(disk=UnseenDisk("late"))).reason


def openness(*, readable: bool = False, writable: bool = False) -> Openness:
    """A database file."""
    return Openness(Path("data/estuary.db"), "records", readable, writable)


def test_file_permissions() -> None:
    """Other users neither read nor write; the file is named."""
    judge(upkeep.file_permissions, "pass", Facts(files=()))
    judge(upkeep.file_permissions, "pass", Facts(files=(openness(),)))
    judge(upkeep.file_permissions, "warn")
    for each in (openness(readable=True), openness(writable=True)):
        finding = judge(upkeep.file_permissions, "fail", Facts(files=(openness(), each)))
        assert "data/estuary.db (records)" in finding.reason


def test_dependencies() -> None:
    """A known vulnerability fails by its name; no audit is no clean bill."""
    judge(upkeep.dependencies, "pass", Facts(audit=Audit(audited=40)))
    found = Audit(("somelib 1.0 (PYSEC-1)",), 40)
    assert "somelib 1.0" in judge(upkeep.dependencies, "fail", Facts(audit=found)).reason
    for facts in (Facts(), Facts(audit=Audit(failure="no source"))):
        assert judge(upkeep.dependencies, "warn", facts).reason.startswith("not run: ")
