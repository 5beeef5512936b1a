"""`estuary restore`: restores the records of a backup into the store."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from estuary.cli.commands import Commands
from estuary.cli.paths import backup_to_read
from estuary.cli.progress import Progress
from estuary.cli.transfer import Outcome, add_replace, run

if TYPE_CHECKING:
    from estuary.backups.format import Header
    from estuary.config.settings import Settings


def add(commands: Commands) -> None:
    """Add the parser of `estuary restore`, and what runs it, to `commands`."""
    restore = commands.add_parser("restore", help="keep the records of a backup, all of them or none")
    restore.add_argument("file", type=backup_to_read, metavar="FILE", help="what `estuary backup` made")
    either = restore.add_mutually_exclusive_group()
    add_replace(either)
    either.add_argument(
        "--verify", action="store_true", help="only say whether the backup is whole, and what it holds"
    )
    restore.add_argument(
        "--skip-undeclared",
        action="store_true",
        help="leave out records of resources that RESOURCES does not declare, instead of refusing",
    )
    restore.set_defaults(command=_run)


def _run(arguments: argparse.Namespace) -> int:
    path: Path = arguments.file

    async def work(settings: "Settings", progress: Progress) -> Outcome:
        from estuary.app.backups import restore, verified

        if arguments.verify:
            manifest = verified(path)
            return Outcome(f"{path} is whole: {_described(manifest.header, manifest.footer.counts)}")
        restored = await restore(
            settings,
            path,
            replace=arguments.replace,
            skip_undeclared=arguments.skip_undeclared,
            report=progress,
        )
        return Outcome(f"restored {_described(restored.header, restored.counts)}", restored.warnings)

    return run("restore", work)


def _described(header: "Header", counts: Mapping[str, int]) -> str:
    parts = ", ".join(f"{count} of {name}" for name, count in counts.items())
    return (
        f"{sum(counts.values())} records ({parts}) of {header.made_at:%Y-%m-%dT%H:%M:%SZ}, "
        f"from {header.store}, by Estuary {header.estuary_version}"
    )
