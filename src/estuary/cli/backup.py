"""`estuary backup`: every record into one file with a checksum, while the service runs."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from estuary.cli.commands import Commands
from estuary.cli.exits import misconfigured
from estuary.cli.paths import backup_to_make
from estuary.cli.progress import Progress
from estuary.cli.transfer import Outcome, add_all, run

if TYPE_CHECKING:
    from estuary.config.settings import Settings


def add(commands: Commands) -> None:
    """Add the parser of `estuary backup`, and what runs it, to `commands`."""
    backup = commands.add_parser("backup", help="write every record to one file with a checksum")
    backup.add_argument(
        "file",
        type=backup_to_make,
        metavar="FILE",
        help="a new file, or a folder, in which it is named after the time",
    )
    backup.add_argument(
        "--keep", type=_positive, metavar="N", help="afterwards keep the N newest backups of the folder"
    )
    backup.add_argument(
        "--keep-days", type=_positive, metavar="N", help="afterwards keep those of the last N days"
    )
    add_all(backup)
    backup.set_defaults(command=_run)


def _run(arguments: argparse.Namespace) -> int:
    target: Path = arguments.file
    in_folder = os.path.isdir(target)  # noqa: PTH112 (Path.is_dir raises for some invalid paths)
    if (arguments.keep or arguments.keep_days) and not in_folder:
        return misconfigured(f"--keep and --keep-days are about a folder, which {target} is not")

    async def work(settings: "Settings", progress: Progress) -> Outcome:
        from estuary.app.backups import back_up
        from estuary.backups.retention import Rule

        rule = Rule(arguments.keep, arguments.keep_days)
        made = await back_up(settings, target, rule, progress, everything=arguments.all)
        removed = "".join(f"\nremoved {path}" for path in made.removed)
        summary = f"{made.path}: {made.footer.records} records, sha256 {made.footer.sha256}{removed}"
        return Outcome(summary, made.warnings)

    return run("backup", work)


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 100_000):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to 100000")
    return int(text)
