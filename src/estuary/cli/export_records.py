"""`estuary export`: every record as a line of JSON."""

import argparse
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from estuary.cli.commands import Commands
from estuary.cli.paths import file_or_stream
from estuary.cli.progress import Progress
from estuary.cli.transfer import Outcome, add_all, run

if TYPE_CHECKING:
    from estuary.config.settings import Settings


def add(commands: Commands) -> None:
    """Add the parser of `estuary export`, and what runs it, to `commands`."""
    export = commands.add_parser("export", help="write every record as a line of JSON")
    export.add_argument(
        "file",
        nargs="?",
        type=file_or_stream,
        default="-",
        metavar="FILE",
        help="a new file, or - for standard output (default)",
    )
    export.add_argument(
        "--owner",
        help="only the records of this owner, as AUTH_OWNER_CLAIM names them; '' for those without one",
    )
    add_all(export)
    export.set_defaults(command=_run)


def _run(arguments: argparse.Namespace) -> int:
    path: Path | None = arguments.file

    async def work(settings: "Settings", progress: Progress) -> Outcome:
        from estuary.app.exports import export, export_to

        owner, everything = arguments.owner, arguments.all
        if path is None:
            stream = sys.stdout.buffer
            done = await export(settings, stream, progress, owner=owner, everything=everything)
        else:
            done = await export_to(settings, path, progress, owner=owner, everything=everything)
        return Outcome(f"exported {done.records} records", done.warnings)

    def report(outcome: str) -> None:
        # Standard output may be the export itself.
        with suppress(OSError):
            print(outcome, file=sys.stderr)

    return run("export", work, report)
