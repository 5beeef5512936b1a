"""`estuary import`: a record for every line of JSON."""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from estuary.cli.commands import Commands
from estuary.cli.paths import file_or_stream
from estuary.cli.progress import Progress
from estuary.cli.transfer import Outcome, add_replace, run

if TYPE_CHECKING:
    from estuary.config.settings import Settings


def add(commands: Commands) -> None:
    """Add the parser of `estuary import`, and what runs it, to `commands`."""
    importing = commands.add_parser("import", help="keep a record for every line of JSON, all or none")
    importing.add_argument(
        "file",
        nargs="?",
        type=file_or_stream,
        default="-",
        metavar="FILE",
        help="a file, or - for standard input (default)",
    )
    add_replace(importing)
    importing.set_defaults(command=_run)


def _run(arguments: argparse.Namespace) -> int:
    path: Path | None = arguments.file

    async def work(settings: "Settings", progress: Progress) -> Outcome:
        from estuary.app.exports import import_from, import_lines

        if path is None:
            size = os.fstat(sys.stdin.fileno()).st_size
            done = await import_lines(
                settings, sys.stdin.buffer, size=size, replace=arguments.replace, report=progress
            )
        else:
            done = await import_from(settings, path, replace=arguments.replace, report=progress)
        return Outcome(f"imported {done.records} records", done.warnings)

    return run("import", work)
