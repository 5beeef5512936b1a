"""`estuary serve`: serve the API until told to stop."""

import argparse
import sys
from typing import TYPE_CHECKING

from estuary.cli.commands import Commands
from estuary.cli.exits import misconfigured

if TYPE_CHECKING:
    from estuary.config.environment import Loaded


def add(commands: Commands) -> None:
    """Make the command known."""
    commands.add_parser("serve", help="serve the API until told to stop").set_defaults(command=_run)


def _run(_: argparse.Namespace) -> int:
    from estuary.config.environment import load
    from estuary.config.problems import ConfigurationError
    from estuary.server import serve

    try:
        loaded = load()
    except ConfigurationError as error:
        return misconfigured(error)
    for warning in loaded.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    if loaded.settings.production:
        _tell_failures(loaded)
    return serve(loaded)


def _tell_failures(loaded: "Loaded") -> None:
    """What of the security checklist fails whatever is around: read off the configuration, at no cost."""
    from estuary.config.checklist.items import failures_by_configuration

    for item, finding in failures_by_configuration(loaded):
        print(
            f"estuary check --deploy: {item.name} fails: {finding.reason}; {finding.mend}", file=sys.stderr
        )
