"""Only a whole run becomes the published result."""

from pathlib import Path

import msgspec

from bench import capacity
from bench.report import Report
from bench.results import keep
from tests.unit.bench.reports import report


def test_a_whole_run_becomes_the_latest_and_enters_the_history(tmp_path: Path) -> None:
    """What was written reads back as the same run."""
    files = keep(report(), whole=True, folder=tmp_path)

    names = {str(path.relative_to(tmp_path)) for path in files}
    assert {"latest.json", "latest.md", "latest.svg", "history/2026-11-12T0930Z.json"} == names
    assert report() == msgspec.json.decode((tmp_path / "latest.json").read_bytes(), type=Report)


def test_operators_plan_with_the_latest_run() -> None:
    """The table in docs/operations.md is what `python -m bench.capacity` writes, for all requests."""
    text = capacity.DOCUMENT.read_text()
    assert text == capacity.written(text, capacity.latest())
    assert all(request in text for request in capacity.REQUESTS.values())


def test_a_part_leaves_the_latest_alone(tmp_path: Path) -> None:
    """Figures of different runs never stand side by side."""
    keep(report(), whole=False, folder=tmp_path)

    assert ["partial.json", "partial.md", "partial.svg"] == sorted(path.name for path in tmp_path.iterdir())
