"""`estuary convex schema`: what Convex is to be told of the declared resources, printed."""

import argparse

from estuary.cli.commands import Commands
from estuary.cli.exits import OK, misconfigured


def add(commands: Commands) -> None:
    """Make the command known."""
    convex = commands.add_parser("convex", help="prepare a Convex deployment")
    parts = convex.add_subparsers(title="parts", metavar="PART", required=True)
    schema = parts.add_parser("schema", help="print convex/schema.ts for the resources in RESOURCES")
    schema.set_defaults(command=_schema)


def _schema(_: argparse.Namespace) -> int:
    from estuary.app import load_resources
    from estuary.config.environment import load
    from estuary.config.problems import ConfigurationError
    from estuary.core.resource import DeclarationError
    from estuary.stores.convex.schema import schema

    try:
        print(schema(load_resources(load().settings.resources)), end="")
    except (ConfigurationError, DeclarationError) as error:
        return misconfigured(error)
    return OK
