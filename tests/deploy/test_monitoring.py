"""Monitoring works: every expression finds series of the real service, and an outage reaches a person."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy import expressions
from tests.deploy.expressions import Expression
from tests.deploy.stack import Stack, stack
from tests.support.process import HOST, Server, until

EXPRESSIONS = [
    *expressions.of_rules(),
    *expressions.of_dashboards(),
    *expressions.of_documents(),
]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything, once for all tests of this module."""
    with stack(tmp_path_factory.mktemp("monitoring")) as parts:
        yield parts


def without_series(running: Stack, told: list[Expression]) -> list[tuple[str, str]]:
    """The parts of expressions for which Prometheus has nothing."""
    parts = {(each.origin, part) for each in told for part in expressions.measured(each.text)}
    return sorted((origin, part) for origin, part in parts if not running.prometheus.query(part))


def test_every_expression_returns_series(running: Stack) -> None:
    """Those of rules, dashboards and documents, after a load in which all that is counted happened."""
    missing = without_series(running, EXPRESSIONS)
    if missing:
        # Rules that build on others are an evaluation late.
        running.wait_for_scrapes()
        missing = without_series(running, EXPRESSIONS)
    assert [] == missing


def test_the_guides_expressions_return_series(running: Stack) -> None:
    """Who has them in a dashboard or an alert may keep them."""
    assert [] == without_series(running, [*expressions.of_the_guide()])


def test_every_panel_shows_something_on_postgres(running: Stack) -> None:
    """Of an instance that keeps nothing itself: series, or a word on why there is nothing to see."""
    instance = f"{HOST}:{running.on_postgres.port}"
    blank: list[str] = []
    told: list[str] = []
    for path in expressions.DASHBOARDS:
        for panel in expressions.panels(path):
            texts = [expressions.with_choices(target["expr"], instance) for target in panel["targets"]]
            if not any(running.prometheus.query(text) for text in texts):
                said = panel["fieldConfig"]["defaults"].get("noValue")
                (told if said else blank).append(f"{path.stem}: {panel['title']}")
    assert [] == blank
    assert not {"store: Age of the last backup", "system: Disk space", "store: Connections"} & set(told)


def test_an_instance_that_is_stopped_is_reported_and_its_return_as_well(
    running: Stack, tmp_path: Path
) -> None:
    """InstanceDown reaches the receiver through Alertmanager, and resolves when the instance is back."""
    instance = f"127.0.0.1:{running.idle.port}"

    def reported() -> list[str]:
        """What the receiver was told of the instance, repetitions left out."""
        told = [status for *alert, status in running.inbox.alerts if ["InstanceDown", instance] == alert]
        return list(dict.fromkeys(told))

    running.idle.stop()
    until(lambda: reported() != [])
    back = Server.start(tmp_path, {"PORT": str(running.idle.port)})
    try:
        back.wait_until_ready()
        until(lambda: "resolved" in reported())
        assert ["firing", "resolved"] == reported()
    finally:
        back.destroy()
