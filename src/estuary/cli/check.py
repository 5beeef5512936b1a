"""`estuary check`: examines the configuration, the store and the deployment without serving."""

import argparse
from typing import TYPE_CHECKING

from estuary.cli.commands import Commands
from estuary.cli.exits import FAILED, OK, failed, misconfigured
from estuary.cli.terminal_tables import table, terminal_width

if TYPE_CHECKING:
    from estuary.config.environment import Loaded


def add(commands: Commands) -> None:
    """Add the parser of `estuary check`, and what runs it, to `commands`."""
    check = commands.add_parser(
        "check", help="check configuration and store; show every value and its origin"
    )
    check.add_argument(
        "--deploy",
        action="store_true",
        help="decide the security checklist instead; exit 1 if a line fails",
    )
    check.add_argument(
        "--format", choices=("text", "json"), default="text", help="of the checklist (default: text)"
    )
    check.set_defaults(command=_run)


def _run(arguments: argparse.Namespace) -> int:
    from estuary.config.environment import load
    from estuary.config.errors import ConfigurationError
    from estuary.core.errors import LimiterRefused, StoreError
    from estuary.core.resource import DeclarationError

    if arguments.format != "text" and not arguments.deploy:
        return misconfigured("--format goes with --deploy")
    try:
        loaded = load()
        return _decide(loaded, arguments.format) if arguments.deploy else _show(loaded)
    except (ConfigurationError, DeclarationError) as error:
        return misconfigured(error)
    except (LimiterRefused, StoreError) as error:
        return failed(error)


def _show(loaded: "Loaded") -> int:
    """Print every value with its source, what lists can be asked, and whether the store answers."""
    for line in table(
        [(name, value, source) for name, value, source, _ in loaded.effective], terminal_width()
    ):
        print(line)
    for warning in loaded.warnings:
        print(f"warning: {warning}")
    from estuary import __version__
    from estuary.app import (
        askable,
        documented_scopes,
        has_one_direction,
        load_resources,
        permissions,
        probe,
    )
    from estuary.core.build import COMPILED

    print(f"estuary {__version__}, {'compiled' if COMPILED else 'not compiled'}")
    resources = load_resources(loaded.settings.resources)
    permissions(loaded.settings, resources, documented_scopes(loaded.settings))
    for line in askable(resources, one_direction=has_one_direction(loaded.settings)):
        print(line)
    print(probe(loaded.settings))
    print("ok")
    return OK


def _decide(loaded: "Loaded", form: str) -> int:
    """Print the checklist, evaluated with the facts that can be found now."""
    from estuary.app.deployment.inspection import inspect
    from estuary.config.checklist.evaluation import decide
    from estuary.config.checklist.finding import Status
    from estuary.config.checklist.report import as_json, as_text, verdict

    lines = decide(loaded, inspect(loaded))
    print(as_json(lines) if form == "json" else as_text(lines, terminal_width()))
    return FAILED if verdict(lines) is Status.FAIL else OK
