"""Prometheus and Alertmanager take what is shipped, and each alert fires when it should and only then."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from estuary.config.variables.backups import BackupVariables
from estuary.config.variables.server import ServerVariables
from tests.deploy import expressions
from tests.deploy.expressions import ROOT, RULES
from tests.support import guide
from tests.support.programs import require

PROMETHEUS = ROOT / "deploy/prometheus"
UNIT_TESTS = sorted(PROMETHEUS.glob("tests/*_test.yml"))
ALERTMANAGER = ROOT / "deploy/alertmanager/alertmanager.yml"
HANDBOOK = ROOT / "docs/monitoring.md"


def ran(program: str, *arguments: str | Path) -> str:
    """What a tool says on standard output; it must exit with 0."""
    path = require(program, shutil.which(program))
    done = subprocess.run([path, *arguments], capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


def alerts() -> list[dict[str, Any]]:
    """Every alert that is shipped."""
    document = [rule for path in RULES for rule in expressions.rules(yaml.safe_load(path.read_text()))]
    return [rule for rule in document if "alert" in rule]


def test_promtool_accepts_configuration_and_rules() -> None:
    """Both as they are, with every file that they name."""
    ran("promtool", "check", "config", PROMETHEUS / "prometheus.yml")
    ran("promtool", "check", "rules", "--lint-fatal", *RULES)


def test_the_blackbox_exporter_accepts_its_module() -> None:
    """It says so without being started."""
    ran("prometheus-blackbox-exporter", "--config.check", f"--config.file={PROMETHEUS / 'blackbox.yml'}")


def test_amtool_accepts_alertmanagers_configuration() -> None:
    """Routes, inhibitions and receivers hang together."""
    ran("amtool", "check-config", ALERTMANAGER)


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [("severity=critical", "on-call"), ("severity=warning", "team"), ("severity=info", "team")],
)
def test_an_alert_reaches_whom_its_severity_concerns(labels: str, receiver: str) -> None:
    """Somebody is called for what is critical; the team reads the rest."""
    reported = ran("amtool", "config", "routes", "test", f"--config.file={ALERTMANAGER}", labels)
    assert receiver == reported.strip()


def test_every_alert_fires_and_stays_quiet_as_its_tests_say() -> None:
    """Prometheus's own tool runs the rules over series made for the purpose, annotations included."""
    ran("promtool", "test", "rules", *UNIT_TESTS)


def test_every_alert_has_a_test_for_both() -> None:
    """One in which it fires, and one in which it does not."""
    document = [test for path in UNIT_TESTS for test in yaml.safe_load(path.read_text())["tests"]]
    proven = {
        (rule["alertname"], bool(rule["exp_alerts"]))
        for test in document
        for rule in test["alert_rule_test"]
    }
    assert {(rule["alert"], fires) for rule in alerts() for fires in (True, False)} == proven


def test_every_alert_leads_to_its_chapter() -> None:
    """Each alert has a section in the handbook that says what to do, and each section its alert."""
    headings = re.findall(r"^### (\w+)$", HANDBOOK.read_text(), re.MULTILINE)
    assert sorted(rule["alert"] for rule in alerts()) == sorted(headings)
    for rule in alerts():
        assert f"docs/monitoring.md#{rule['alert'].lower()}" == rule["annotations"]["runbook"]


def test_inhibitions_speak_of_alerts_that_exist() -> None:
    """A misspelt name inhibits nothing, silently."""
    names = {rule["alert"] for rule in alerts()}
    document = yaml.safe_load(ALERTMANAGER.read_text())["inhibit_rules"]
    matchers = [
        each for rule in document for side in ("source", "target") for each in rule[f"{side}_matchers"]
    ]
    named = {
        name
        for matcher in matchers
        if matcher.startswith("alertname")
        for name in re.split(r"[|\"]", re.split(r"=~|!=|=", matcher)[1].strip())
        if name
    }
    assert set() == named - names


def test_half_of_what_may_be_in_flight_is_worth_an_alert() -> None:
    """RequestsPilingUp follows the default of MAX_IN_FLIGHT."""
    (rule,) = [rule for rule in alerts() if rule["alert"] == "RequestsPilingUp"]
    assert rule["expr"].endswith(f" > {int(ServerVariables.max_in_flight.default) // 2}")


def test_a_backup_is_too_old_for_the_alert_when_it_is_for_the_checklist() -> None:
    """BackupTooOld, and what stands for it on Kubernetes, follow the default of BACKUP_MAX_AGE_HOURS."""
    limit = f" > {BackupVariables.backup_max_age_hours.default} * 3600"
    reported = {rule["alert"]: rule["expr"] for rule in alerts() if rule["alert"].startswith("Backup")}
    assert reported["BackupTooOld"].endswith(limit)
    assert reported["BackupJobTooOld"].endswith(limit)


def test_promtool_accepts_the_guides_configuration_and_alerts(tmp_path: Path) -> None:
    """Operators may go on using what the guide gave them."""
    kinds = {"scrape_configs": ("check", "config"), "groups": ("check", "rules")}
    loaded = set()
    for number, block in enumerate(guide.blocks("yaml")):
        document = next(yaml.safe_load_all(block))
        for key in kinds.keys() & document.keys():
            path = tmp_path / f"{number}.yml"
            path.write_text(block)
            ran("promtool", *kinds[key], path)
            loaded.add(key)
    assert kinds.keys() == loaded
