"""The `estuary` command; one module for each subcommand.

Its exit code is 0 for success, 1 for a failure, 2 for an invalid configuration or arguments, and 130 if
Ctrl-C ended it, which `estuary.__main__` handles. A subcommand imports what it needs when it runs, so that
`estuary --version` answers at once.
"""

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from estuary.cli.exits import MISCONFIGURED, OK, failed
from estuary.cli.streams import drop_output, flushed, lost

if TYPE_CHECKING:
    from argparse import Namespace


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with `arguments`, by default the process's own; returns its exit code."""
    try:
        return flushed(_run(sys.argv[1:] if arguments is None else arguments))
    except OSError as error:
        if error.filename is None:
            return lost(error)
        # An unexpected error on a path that a command used.
        drop_output()
        return failed(f"{error.filename}: {error.strerror}")


def _run(arguments: Sequence[str]) -> int:
    if list(arguments) == ["serve"]:
        # Without a parser, which each of the service's processes would hold for as long as it runs.
        from estuary.cli.serve import run

        return run()

    from estuary.cli.parser import parser

    known = parser()
    try:
        chosen = known.parse_args(arguments)
    except SystemExit as end:
        # The help, the version, or an error in the arguments was printed.
        return int(end.code or OK)
    command: Callable[[Namespace], int] | None = getattr(chosen, "command", None)
    if command is None:
        known.print_help()
        return MISCONFIGURED
    return command(chosen)
