"""`estuary seed`: loads the records that a project starts with, from lines of JSON; it may be run again."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from estuary.cli.commands import Commands
from estuary.cli.paths import file_or_stream
from estuary.cli.progress import Progress
from estuary.cli.transfer import Outcome, run

if TYPE_CHECKING:
    from estuary.config.settings import Settings

_EPILOG = """\
A line is a record, as `estuary export` writes them; only these members are needed:
  {"resource": "books", "value": {"isbn": "978-0", "title": "Walden"}}
It needs an "id", or a value in a field that is Unique: a record that is there gets the fields that the line
gives, and keeps the others. If a line is broken, nothing is written, and every broken line is reported.
"""


def add(commands: Commands) -> None:
    """Add the parser of `estuary seed`, and what runs it, to `commands`."""
    seed = commands.add_parser("seed", help="create or update the records of a file; may be run again")
    seed.formatter_class = argparse.RawDescriptionHelpFormatter
    seed.epilog = _EPILOG
    seed.add_argument("file", type=file_or_stream, metavar="FILE", help="a file, or - for standard input")
    seed.set_defaults(command=_run)


def _run(arguments: argparse.Namespace) -> int:
    path: Path | None = arguments.file

    async def work(settings: "Settings", progress: Progress) -> Outcome:
        from estuary.app.seeding import seed
        from estuary.backups.archive import open_to_read

        if path is None:
            done = await seed(settings, sys.stdin.buffer, progress)
        else:
            with open_to_read(path) as file:
                done = await seed(settings, file, progress)
        summary = f"{done.created} created, {done.changed} changed, {done.left} left as they were"
        return Outcome(summary, done.warnings)

    return run("seed", work)
