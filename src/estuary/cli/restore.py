"""`estuary restore`: the records of a backup, back into the store as they were."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from estuary.cli.commands import Commands
from estuary.cli.progress import Progress
from estuary.cli.transfer import add_replace, run

if TYPE_CHECKING:
    from estuary.backups.seal import Manifest
    from estuary.config.settings import Settings


def add(commands: Commands) -> None:
    """Make the command known."""
    restore = commands.add_parser("restore", help="keep the records of a backup, all of them or none")
    restore.add_argument("file", type=Path, metavar="FILE", help="what `estuary backup` made")
    either = restore.add_mutually_exclusive_group()
    add_replace(either)
    either.add_argument(
        "--verify", action="store_true", help="only say whether the backup is whole, and what it holds"
    )
    restore.set_defaults(command=_run)


def _run(arguments: argparse.Namespace) -> int:
    path: Path = arguments.file

    async def work(settings: "Settings", progress: Progress) -> str:
        from estuary.app.backups import restore, verified

        if arguments.verify:
            return f"{path} is whole: {_described(verified(path))}"
        manifest = await restore(settings, path, replace=arguments.replace, report=progress)
        return f"restored {_described(manifest)}"

    return run("restore", work)


def _described(manifest: "Manifest") -> str:
    counts = ", ".join(f"{count} of {name}" for name, count in manifest.closing.counts.items())
    header = manifest.header
    return (
        f"{manifest.closing.records} records ({counts}) of {header.made_at:%Y-%m-%dT%H:%M:%SZ}, "
        f"from {header.store}, by Estuary {header.estuary_version}"
    )
