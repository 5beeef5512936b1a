"""`estuary serve`: serves the API until a signal to stop."""

from typing import TYPE_CHECKING

from estuary.cli.exits import misconfigured

if TYPE_CHECKING:
    from estuary.cli.commands import Commands


def add(commands: "Commands") -> None:
    """Add the parser of `estuary serve`, and what runs it, to `commands`."""
    commands.add_parser("serve", help="serve the API until it is stopped").set_defaults(
        command=lambda _: run()
    )


def run() -> int:
    """Serve as the environment says; returns the exit code."""
    from estuary.config.environment import load
    from estuary.config.errors import ConfigurationError
    from estuary.server import serve

    try:
        loaded = load()
    except ConfigurationError as error:
        return misconfigured(error)
    return serve(loaded)
