"""What the commands share that move records: configuration in, a bar on the terminal, errors told."""

import argparse
import os
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from estuary.cli.exits import OK, failed, misconfigured
from estuary.cli.progress import Progress

if TYPE_CHECKING:
    from estuary.config.settings import Settings

Work = Callable[["Settings", Progress], Awaitable[str]]
"""Moves records as the settings say; the line that tells what was done."""


def run(what: str, work: Work, say: Callable[[str], None] = print) -> int:
    """Have `work` done under a bar that begins with `what`, and `say` its outcome; the exit code."""
    import asyncio
    import signal

    from estuary.backups.errors import BackupError
    from estuary.config.environment import load
    from estuary.config.problems import ConfigurationError
    from estuary.core.errors import StoreError, StoreNotEmpty
    from estuary.core.resource import DeclarationError

    # Whoever asks us to end shall not leave half a file behind: SIGTERM is taken as Ctrl-C is.
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
    except BrokenPipeError:
        _drop_output()
        return failed("whoever read the output has gone: not all of it was written")
    except OSError as error:
        _drop_output()
        return failed(f"input or output failed, and not all was done: {error.strerror}")
    except KeyboardInterrupt:
        return failed("interrupted: nothing was changed")
    say(outcome)
    return OK


def add_replace(parser: "argparse._ActionsContainer") -> None:
    """Make the option `--replace` known."""
    parser.add_argument(
        "--replace", action="store_true", help="remove the records that are there, in the same transaction"
    )


def _drop_output() -> None:
    """Let what is still to be written go nowhere, or the interpreter would complain of it when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())


async def _closing(work: Work, settings: "Settings", progress: Progress) -> str:
    try:
        return await work(settings, progress)
    finally:
        progress.close()
