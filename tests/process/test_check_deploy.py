"""`estuary check --deploy` decides the checklist on a real deployment, and changes nothing there."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.support.process import HOST, environment_of, free_port, serving

SQLITE = {"DATABASE_URL": "sqlite:///data/estuary.db"}
SOUND = {
    **SQLITE,
    "APP_PROFILE": "production",
    "RATE_LIMIT_ENABLED": "true",
    "SHUTDOWN_DRAIN_SECONDS": "0",
    "TRUSTED_PROXIES": "10.1.2.3",
    "METRICS_TOKEN": "b7s-9dK2-vVq8_mWz",
}


def estuary(
    directory: Path, environment: dict[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end in `directory`."""
    return subprocess.run(
        [sys.executable, "-m", "estuary", *arguments],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def checked(directory: Path, environment: dict[str, str], exit_code: int) -> dict[str, dict[str, Any]]:
    """Every line of the checklist, by name; the verdict must agree with the exit code."""
    done = estuary(directory, environment, "check", "--deploy", "--format", "json")
    assert exit_code == done.returncode, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert (report["status"] == "fail") == (exit_code == 1)
    return {check["name"]: check for check in report["checks"]}


def names(checks: dict[str, dict[str, Any]], status: str) -> set[str]:
    """The lines of that status."""
    return {name for name, check in checks.items() if check["status"] == status}


def test_a_sound_deployment_passes(tmp_path: Path) -> None:
    """Beside the running service, with a backup: what is left are warnings, and what could not be seen."""
    environment = environment_of({**SOUND, "PUBLIC_URL": f"https://{HOST}:{free_port()}"})
    with serving(tmp_path, environment):
        assert 0 == estuary(tmp_path, environment, "backup", "backup.jsonl").returncode
        before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.suffix != ".db-shm"}
        checks = checked(tmp_path, environment, 0)
        after = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.suffix != ".db-shm"}
    assert {"backups", "files", "monitoring", "schema", "store", "disk", "proxies"} <= names(checks, "pass")
    assert {"https", "certificates", "secrets", "authentication", "clock"} <= names(checks, "warn")
    assert SOUND["METRICS_TOKEN"] not in json.dumps(checks)
    assert before.keys() == after.keys()


def test_metrics_that_strangers_can_read_are_found(tmp_path: Path) -> None:
    """Metrics that are served without a token at the public URL are reported."""
    open_to_all = {name: value for name, value in SOUND.items() if name != "METRICS_TOKEN"}
    with serving(tmp_path, open_to_all) as server:
        environment = environment_of(
            {**open_to_all, "PORT": str(server.port), "PUBLIC_URL": f"http://{HOST}:{server.port}"}
        )
        checks = checked(tmp_path, environment, 1)
    assert "fail" == checks["monitoring"]["status"]
    assert f"anybody can read http://{HOST}:{server.port}/metrics" in checks["monitoring"]["reason"]
    assert "pass" == checks["clock"]["status"]


def test_what_is_wrong_fails_with_its_mend(tmp_path: Path) -> None:
    """A development set-up is reported line by line, for people, with the sum at the end."""
    done = estuary(tmp_path, environment_of({"DATABASE_TYPE": "memory"}), "check", "--deploy")
    assert 1 == done.returncode
    lines = done.stdout.splitlines()
    failed = {line.split()[1] for line in lines if line.startswith("FAIL")}
    assert {"profile", "strict-mode", "csp", "https", "rate-limit", "cors", "store"} == failed
    assert any("set APP_PROFILE=production" in line for line in lines)
    assert lines[-1].endswith("7 fail")
    assert [] == list(tmp_path.iterdir())


def test_files_and_schema_are_looked_at(tmp_path: Path) -> None:
    """A table of somebody else's under a resource's name fails; the file is not touched."""
    (tmp_path / "data").mkdir()
    path = tmp_path / "data/estuary.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE items (name TEXT)")
    before = path.read_bytes()
    checks = checked(tmp_path, environment_of(SOUND), 1)
    assert {"schema", "https", "backups"} <= names(checks, "fail")
    assert "there was never a backup" in checks["backups"]["reason"]
    assert "run this beside the running service" == checks["monitoring"]["mend"]
    assert before == path.read_bytes()


def test_a_store_that_does_not_answer_fails(tmp_path: Path) -> None:
    """The reason is told without the password."""
    url = f"postgres://svc:9fK2-vVq8@{HOST}:{free_port()}/records"
    checks = checked(tmp_path, environment_of({**SOUND, "DATABASE_URL": url}), 1)
    assert "fail" == checks["store"]["status"]
    assert "warn" == checks["schema"]["status"]
    assert "vVq8" not in json.dumps(checks)


def test_production_tells_at_the_start_what_the_configuration_makes_fail(tmp_path: Path) -> None:
    """In its log, and it starts all the same; development is told nothing."""
    with serving(tmp_path, {**SOUND, "CORS_ALLOWED_ORIGINS": "*"}) as server:
        assert 0 == server.stop()
        assert ["https", "cors"] == fails_told(server.out.lines)
        assert "" == server.err.text
    with serving(tmp_path, {**SQLITE, "LOG_FORMAT": "json"}) as server:
        assert 0 == server.stop()
        assert [] == fails_told(server.out.lines)


def fails_told(lines: list[str]) -> list[str]:
    """Which demands of the checklist a log says are not met."""
    document = [json.loads(line) for line in lines]
    return [line["fails"] for line in document if line["message"] == "security checklist"]


def test_a_format_is_the_checklists_alone(tmp_path: Path) -> None:
    """Without --deploy there is nothing to format; an unknown one is a mistake."""
    for arguments in (("check", "--format", "json"), ("check", "--deploy", "--format", "xml")):
        assert 2 == estuary(tmp_path, environment_of(SQLITE), *arguments).returncode
