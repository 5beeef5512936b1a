"""`estuary dev`: serves the project in this folder on this machine, and again whenever a file is saved."""

import argparse
import importlib.util

from estuary.cli.commands import Commands
from estuary.cli.exits import failed, misconfigured, warn
from estuary.cli.streams import say

_EPILOG = """\
Serves on 127.0.0.1 alone, with /docs and /console, from the store that is configured. Each saved .py file,
.env and estuary.toml reloads the project; if it cannot be served, the previous version goes on.
With AUTH_ENABLED=true and no issuer a token for trials is printed; its key is kept in .estuary/.
"""
_PORTS = range(1, 65_536)


def add(commands: Commands) -> None:
    """Add the parser of `estuary dev`, and what runs it, to `commands`."""
    dev = commands.add_parser("dev", help="serve on this machine, and again at each saved file")
    dev.formatter_class = argparse.RawDescriptionHelpFormatter
    dev.epilog = _EPILOG
    dev.add_argument("--port", type=_port, metavar="PORT", help="default: PORT, else 3000; or the next one")
    dev.set_defaults(command=_run)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) in _PORTS):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to 65535")
    return int(text)


def _run(arguments: argparse.Namespace) -> int:
    from estuary.config.errors import ConfigurationError
    from estuary.core.extras import needs

    if importlib.util.find_spec("watchfiles") is None:
        return failed(needs("estuary dev", "watchfiles", "dev"))
    from estuary.server.develop import develop
    from estuary.server.sockets import CannotListen

    try:
        return develop(arguments.port, say=say, complain=warn)
    except ConfigurationError as error:
        return misconfigured(error)
    except CannotListen as error:
        return failed(error)
