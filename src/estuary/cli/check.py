"""`estuary check`: the configuration and the store, looked at without serving."""

import argparse

from estuary.cli.commands import Commands
from estuary.cli.exits import OK, failed, misconfigured


def add(commands: Commands) -> None:
    """Make the command known."""
    check = commands.add_parser(
        "check", help="check configuration and store; show every value and its origin"
    )
    check.set_defaults(command=_run)


def _run(_: argparse.Namespace) -> int:
    from estuary.config.environment import load
    from estuary.config.problems import ConfigurationError
    from estuary.core.errors import StoreError
    from estuary.core.resource import DeclarationError

    try:
        loaded = load()
    except ConfigurationError as error:
        return misconfigured(error)
    for line in loaded.describe():
        print(line)
    for warning in loaded.warnings:
        print(f"warning: {warning}")
    from estuary.app import probe

    try:
        print(probe(loaded.settings))
    except DeclarationError as error:
        return misconfigured(error)
    except StoreError as error:
        return failed(error)
    print("ok")
    return OK
