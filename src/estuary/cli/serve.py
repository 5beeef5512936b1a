"""`estuary serve`: serves the API until a signal to stop."""

import argparse

from estuary.cli.commands import Commands
from estuary.cli.exits import misconfigured


def add(commands: Commands) -> None:
    """Add the parser of `estuary serve`, and what runs it, to `commands`."""
    commands.add_parser("serve", help="serve the API until told to stop").set_defaults(command=_run)


def _run(_: argparse.Namespace) -> int:
    from estuary.config.environment import load
    from estuary.config.errors import ConfigurationError
    from estuary.server import serve

    try:
        loaded = load()
    except ConfigurationError as error:
        return misconfigured(error)
    return serve(loaded)
