"""Common to commands that move records: loading the configuration, a progress bar, error messages."""

import argparse
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from estuary.cli.exits import OK, failed, misconfigured, warn
from estuary.cli.progress import Progress
from estuary.cli.streams import lost, say

if TYPE_CHECKING:
    from estuary.config.settings import Settings


class Outcome(NamedTuple):
    """The result in a line, and warnings for the operator."""

    summary: str
    warnings: Sequence[str] = ()


Work = Callable[["Settings", Progress], Awaitable[Outcome]]
"""Moves records as configured."""


def run(what: str, work: Work, report: Callable[[str], None] = say) -> int:
    """Run `work` with a progress bar labelled `what`, and `report` its result; returns the exit code."""
    import asyncio
    import signal

    from estuary.backups.errors import BackupError
    from estuary.config.environment import load
    from estuary.config.errors import ConfigurationError
    from estuary.core.errors import StoreError, StoreNotEmpty
    from estuary.core.resource import DeclarationError

    # SIGTERM must not leave half a file behind, so it is handled as Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    progress = Progress(what)
    try:
        outcome = asyncio.run(_closing(work, load().settings, progress))
    except (ConfigurationError, DeclarationError) as error:
        return misconfigured(error)
    except StoreNotEmpty:
        return failed(
            "the store holds records already, and nothing was changed: --replace removes them first"
        )
    except (StoreError, BackupError) as error:
        return failed(error)
    except OSError as error:
        return lost(error)
    except KeyboardInterrupt:
        return failed("interrupted: nothing was changed")
    report(outcome.summary)
    for warning in outcome.warnings:
        warn(f"warning: {warning}")
    return OK


def add_replace(parser: "argparse._ActionsContainer") -> None:
    """Add the option `--replace` to a command's parser."""
    parser.add_argument(
        "--replace", action="store_true", help="remove the records that are there, in the same transaction"
    )


def add_all(parser: argparse.ArgumentParser) -> None:
    """Add the option `--all` to a command's parser."""
    parser.add_argument(
        "--all",
        action="store_true",
        help="take tables and columns that RESOURCES does not declare, too, as they are in the store",
    )


async def _closing(work: Work, settings: "Settings", progress: Progress) -> Outcome:
    try:
        return await work(settings, progress)
    finally:
        progress.close()
