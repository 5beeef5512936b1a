"""The `estuary` command; one module for each subcommand.

Its exit code is 0 for success, 1 for a failure, 2 for an invalid configuration or arguments, and 130 if
Ctrl-C ended it, which `estuary.__main__` handles. A subcommand imports what it needs when it runs, so that
`estuary --version` answers at once.
"""

import argparse
from collections.abc import Callable, Sequence

from estuary import __version__
from estuary.cli import (
    access,
    backup,
    check,
    convex,
    export_records,
    healthcheck,
    import_records,
    keys,
    migrate,
    openapi,
    restore,
    serve,
    token,
)
from estuary.cli.exits import MISCONFIGURED, OK, failed
from estuary.cli.streams import drop_output, flushed, lost

_COMMANDS = (
    serve,
    check,
    access,
    migrate,
    backup,
    restore,
    export_records,
    import_records,
    openapi,
    convex,
    healthcheck,
    keys,
    token,
)
"""In the order of the help."""

_DESCRIPTION = "A production-grade REST API over declared resources."
_EPILOG = """\
Configuration comes from environment variables and from .env in the current folder;
`estuary check` shows each value and where it came from.

exit codes: 0 done, 1 failed (store, port, probe), 2 configuration or arguments are wrong,
130 interrupted by Ctrl-C
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with `arguments`, by default the process's own; returns its exit code."""
    try:
        return flushed(_run(arguments))
    except OSError as error:
        if error.filename is None:
            return lost(error)
        # An unexpected error on a path that a command used.
        drop_output()
        return failed(f"{error.filename}: {error.strerror}")


def _run(arguments: Sequence[str] | None) -> int:
    parser = _parser()
    try:
        chosen = parser.parse_args(arguments)
    except SystemExit as end:
        # The help, the version, or an error in the arguments was printed.
        return int(end.code or OK)
    command: Callable[[argparse.Namespace], int] | None = getattr(chosen, "command", None)
    if command is None:
        parser.print_help()
        return MISCONFIGURED
    return command(chosen)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="estuary",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"estuary {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for command in _COMMANDS:
        command.add(commands)
    return parser
