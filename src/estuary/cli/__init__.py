"""The `estuary` command: arguments in, exit code out; one command a file.

0 means done, 1 that something could not be done, 2 that the configuration or the arguments are wrong, and
130 that Ctrl-C ended it, which `estuary.__main__` answers for.
A command imports what it needs when it runs, so that `estuary --version` answers at once.
"""

import argparse
from collections.abc import Callable, Sequence

from estuary import __version__
from estuary.cli import (
    backup,
    check,
    convex,
    export_records,
    healthcheck,
    import_records,
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
    migrate,
    backup,
    restore,
    export_records,
    import_records,
    openapi,
    convex,
    healthcheck,
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
    """Run the command that `arguments` (by default the process's own) ask for; its exit code."""
    try:
        return flushed(_run(arguments))
    except OSError as error:
        if error.filename is None:
            return lost(error)
        # Whatever path it was that a command did not expect to fail.
        drop_output()
        return failed(f"{error.filename}: {error.strerror}")


def _run(arguments: Sequence[str] | None) -> int:
    parser = _parser()
    try:
        chosen = parser.parse_args(arguments)
    except SystemExit as end:
        # The help, the version, or what is wrong was printed.
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
