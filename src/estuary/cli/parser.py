"""The parser of the arguments of `estuary`, to which each subcommand adds its own."""

import argparse

from estuary import __version__
from estuary.cli import (
    access,
    backup,
    check,
    convex,
    dev,
    export_records,
    healthcheck,
    import_records,
    init,
    keys,
    migrate,
    openapi,
    restore,
    seed,
    serve,
    token,
)

_COMMANDS = (
    init,
    dev,
    serve,
    check,
    access,
    migrate,
    backup,
    restore,
    export_records,
    import_records,
    seed,
    openapi,
    convex,
    healthcheck,
    keys,
    token,
)
"""In the order of the help."""

_DESCRIPTION = "A production-grade REST API over declared resources."
_EPILOG = """\
Configuration comes from environment variables, and from .env and estuary.toml in the current folder;
`estuary check` shows each value and where it came from.

exit codes: 0 done, 1 failed (store, port, probe), 2 configuration or arguments are wrong,
130 interrupted by Ctrl-C
"""


def parser() -> argparse.ArgumentParser:
    """What parses them; its result has the `command` to run, unless none is named."""
    made = argparse.ArgumentParser(
        prog="estuary",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--version", action="version", version=f"estuary {__version__}")
    commands = made.add_subparsers(title="commands", metavar="COMMAND")
    for command in _COMMANDS:
        command.add(commands)
    return made
