"""`estuary migrate`: migrates the tables to the declared resources."""

import argparse

from estuary.cli.commands import Commands
from estuary.cli.exits import OK, failed, misconfigured, warn
from estuary.cli.streams import say


def add(commands: Commands) -> None:
    """Add the parser of `estuary migrate`, and what runs it, to `commands`."""
    migrate = commands.add_parser("migrate", help="make the store's tables fit the declared resources")
    migrate.add_argument("--plan", action="store_true", help="print the SQL that would do it")
    migrate.set_defaults(command=_run)


def _run(arguments: argparse.Namespace) -> int:
    import asyncio

    from estuary.app.migration import migrate
    from estuary.config.environment import load
    from estuary.config.errors import ConfigurationError
    from estuary.core.errors import StoreError
    from estuary.core.resource import DeclarationError

    try:
        statements, warnings = asyncio.run(migrate(load().settings, only_plan=arguments.plan))
    except (ConfigurationError, DeclarationError) as error:
        return misconfigured(error)
    except StoreError as error:
        return failed(error)
    for warning in warnings:
        warn(f"warning: {warning}")
    if not statements:
        say("nothing to migrate: the store fits the declared resources")
    elif arguments.plan:
        print("\n".join(f"{statement};" for statement in statements))
    else:
        say(f"migrated the store: {len(statements)} statements")
    return OK
