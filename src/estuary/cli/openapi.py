"""`estuary openapi`: prints the OpenAPI document."""

import argparse
import sys

from estuary.cli.commands import Commands
from estuary.cli.exits import OK, misconfigured


def add(commands: Commands) -> None:
    """Add the parser of `estuary openapi`, and what runs it, to `commands`."""
    commands.add_parser("openapi", help="print the API's OpenAPI document").set_defaults(command=_run)


def _run(_: argparse.Namespace) -> int:
    from estuary.app import documented_scopes, load_resources, openapi
    from estuary.config.environment import load
    from estuary.config.errors import ConfigurationError
    from estuary.core.resource import DeclarationError

    try:
        settings = load().settings
        resources, on_port = load_resources(settings.resources), settings.admin_port is None
        document = openapi(
            resources,
            documented_scopes(settings),
            metrics=on_port,
            most_operations=settings.batch_max_operations,
            keys=settings.keys_role is not None,
        )
    except (ConfigurationError, DeclarationError) as error:
        return misconfigured(error)
    sys.stdout.buffer.write(document + b"\n")
    return OK
