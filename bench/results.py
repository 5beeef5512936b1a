"""Where runs are kept: the latest whole one, a history by date, and parts that are soon forgotten."""

from pathlib import Path

import msgspec

from bench.picture import draw
from bench.report import Report, markdown

FOLDER = Path(__file__).parent / "results"


def keep(report: Report, *, whole: bool, folder: Path = FOLDER) -> list[Path]:
    """Write the run as JSON, Markdown and SVG; the files that were written.

    A whole run becomes `latest.*` and enters `history/`; a part of one becomes `partial.*`, which
    the repository does not keep: figures of different runs never stand side by side.
    """
    stem = "latest" if whole else "partial"
    data = msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n"
    files = {
        folder / f"{stem}.json": data,
        folder / f"{stem}.md": markdown(report, f"{stem}.svg").encode(),
        folder / f"{stem}.svg": draw(report).encode(),
    }
    if whole:
        files[folder / "history" / f"{report.finished.replace(':', '')}.json"] = data
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return list(files)
