"""`estuary import`: a record for every line of JSON."""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from estuary.cli.commands import Commands
from estuary.cli.progress import Progress
from estuary.cli.transfer import add_replace, run

if TYPE_CHECKING:
    from estuary.config.settings import Settings


def add(commands: Commands) -> None:
    """Make the command known."""
    importing = commands.add_parser("import", help="keep a record for every line of JSON, all or none")
    importing.add_argument(
        "file", nargs="?", default="-", metavar="FILE", help="a file, or - for standard input (default)"
    )
    add_replace(importing)
    importing.set_defaults(command=_run)


def _run(arguments: argparse.Namespace) -> int:
    async def work(settings: "Settings", progress: Progress) -> str:
        from estuary.app.exports import import_from, import_lines

        if arguments.file == "-":
            size = os.fstat(sys.stdin.fileno()).st_size
            records = await import_lines(
                settings, sys.stdin.buffer, size=size, replace=arguments.replace, report=progress
            )
        else:
            records = await import_from(
                settings, Path(arguments.file), replace=arguments.replace, report=progress
            )
        return f"imported {records} records"

    return run("import", work)
