"""What a worker carries, for those who plan: a table in docs/operations.md, from the latest whole run.

`python -m bench.capacity` writes it again; a whole run of the bench does so by itself.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from bench.report import Report, number
from bench.results import FOLDER
from bench.series import Series, find

DOCUMENT = Path(__file__).parents[1] / "docs/operations.md"
BEGIN, END = "<!-- capacity: by `python -m bench.capacity` -->", "<!-- end of capacity -->"

REQUESTS = {
    "read": "read an item",
    "create": "create an item, durably",
    "list": "list 20 items, with the total",
    "404": "an item that does not exist",
}
SUBJECT = "sqlite"
PLANNED = 0.5
"""How much of what was measured to plan with: the rest is for peaks, and for a neighbour that is down."""


def latest(folder: Path = FOLDER) -> Report:
    """The latest whole run."""
    return msgspec.json.decode((folder / "latest.json").read_bytes(), type=Report)


def table(report: Report) -> str:
    """The table, with what it was measured on."""
    machine = report.machine
    head = (
        f"One worker on one core, SQLite, the production profile with everything on ({machine.processor}, "
        f"{machine.filesystem}; run of {report.finished[:10]}):"
    )
    lines = ["| Requests | a second | p99 | plan with |", "|---|---:|---:|---:|", *_rows(report)]
    return "\n".join([head, "", *lines])


def written(text: str, report: Report) -> str:
    """A document with the table between its marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table(report)}\n{END}{after}"


def write(report: Report, document: Path = DOCUMENT) -> None:
    """Put the table into the document."""
    document.write_text(written(document.read_text(), report))


def _rows(report: Report) -> Iterator[str]:
    for topic in report.topics:
        series = find(topic.series, topic.name, SUBJECT)
        if series is not None and topic.name in REQUESTS:
            yield _row(REQUESTS[topic.name], series)


def _row(request: str, series: Series) -> str:
    latency = "" if series.p99 is None else f"{number(series.p99 / 1000)} ms"
    planned = int(series.median * PLANNED / 100) * 100
    return f"| {request} | {number(series.median)} | {latency} | {planned:,} |"


if __name__ == "__main__":
    write(latest())
