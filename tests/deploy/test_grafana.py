"""Grafana's dashboards: what the code says is what is shipped, and all that the guide lists can be seen."""

from pathlib import Path

import pytest
import yaml

from tests.deploy import expressions
from tests.deploy.expressions import ROOT
from workshop.grafana.__main__ import FOLDER, main
from workshop.grafana.dashboards import DASHBOARDS

PROVISIONING = ROOT / "deploy/grafana/provisioning"

by_dashboard = pytest.mark.parametrize("path", expressions.DASHBOARDS, ids=lambda path: path.stem)


def test_dashboards_have_not_drifted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The dashboards are what `make artefacts` writes now."""
    monkeypatch.chdir(tmp_path)
    main()
    written = {path.name: path.read_text() for path in (tmp_path / FOLDER).iterdir()}
    assert {path.name: path.read_text() for path in expressions.DASHBOARDS} == written


@by_dashboard
def test_panels_have_their_own_names_and_places(path: Path) -> None:
    """Ids and titles are unique, every panel says what it shows, and none lies over another."""
    panels = expressions.panels(path)
    assert (
        len(panels) == len({panel["id"] for panel in panels}) == len({panel["title"] for panel in panels})
    )
    assert all(panel["description"].endswith(".") or "?" in panel["description"] for panel in panels)
    cells = [
        (panel["gridPos"]["x"] + x, panel["gridPos"]["y"] + y)
        for panel in panels
        for x in range(panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["h"])
    ]
    assert len(cells) == len(set(cells))


@by_dashboard
def test_every_query_asks_what_the_reader_chose(path: Path) -> None:
    """Two deployments in one Prometheus are never added up."""
    texts = [target["expr"] for panel in expressions.panels(path) for target in panel["targets"]]
    assert [] == [text for text in texts if 'job="$job"' not in text]


def test_all_that_operators_expect_can_be_seen() -> None:
    """The guide's list of what to watch, each by the title of a panel."""
    titles = {graph.title for each in DASHBOARDS for graphs in each.rows.values() for graph in graphs}
    expected = {
        "Requests by endpoint",
        "Response times",
        "Errors by status",
        "Active connections and requests",
        "Items created, updated and deleted",
        "Query times",
        "Hit rate",
        "CPU of the service",
        "Memory of the service",
        "Disk I/O",
        "Network traffic",
    }
    assert set() == expected - titles


def test_provisioning_names_the_data_source_and_the_folder_of_the_dashboards() -> None:
    """Grafana finds Prometheus where compose puts it, and dashboards where they are mounted."""
    (source,) = yaml.safe_load((PROVISIONING / "datasources/prometheus.yml").read_text())["datasources"]
    (provider,) = yaml.safe_load((PROVISIONING / "dashboards/estuary.yml").read_text())["providers"]
    assert ("prometheus", "http://prometheus:9090") == (source["type"], source["url"])
    assert "/etc/grafana/dashboards" == provider["options"]["path"]
