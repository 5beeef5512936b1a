"""Writes every dashboard to the folder that Grafana's provisioning reads."""

from pathlib import Path

from workshop.grafana.dashboards import DASHBOARDS
from workshop.grafana.panels import text

FOLDER = Path("deploy/grafana/dashboards")


def main() -> None:
    """Write all of them below the working directory."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for dashboard in DASHBOARDS:
        (FOLDER / f"{dashboard.name}.json").write_text(text(dashboard), encoding="utf-8")


if __name__ == "__main__":
    main()
