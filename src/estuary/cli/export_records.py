"""`estuary export`: every record as a line of JSON."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from estuary.cli.commands import Commands
from estuary.cli.progress import Progress
from estuary.cli.transfer import run

if TYPE_CHECKING:
    from estuary.config.settings import Settings


def add(commands: Commands) -> None:
    """Make the command known."""
    export = commands.add_parser("export", help="write every record as a line of JSON")
    export.add_argument(
        "file",
        nargs="?",
        default="-",
        metavar="FILE",
        help="a new file, or - for standard output (default)",
    )
    export.add_argument(
        "--owner",
        help="only the records of this owner, as AUTH_OWNER_CLAIM names them; '' for those of nobody",
    )
    export.set_defaults(command=_run)


def _run(arguments: argparse.Namespace) -> int:
    async def work(settings: "Settings", progress: Progress) -> str:
        from estuary.app.exports import export, export_to

        if arguments.file == "-":
            records = await export(settings, sys.stdout.buffer, progress, owner=arguments.owner)
        else:
            records = await export_to(settings, Path(arguments.file), progress, owner=arguments.owner)
        return f"exported {records} records"

    # Standard output may be the export itself.
    return run("export", work, say=lambda outcome: print(outcome, file=sys.stderr))
