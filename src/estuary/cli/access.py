"""`estuary access`: prints who may do what with each resource."""

import argparse

from estuary.cli.commands import Commands
from estuary.cli.exits import OK, misconfigured
from estuary.cli.terminal_tables import terminal_width


def add(commands: Commands) -> None:
    """Add the parser of `estuary access`, and what runs it, to `commands`."""
    access = commands.add_parser("access", help="print who may do what with each resource")
    access.add_argument(
        "--format", choices=("text", "json"), default="text", help="of the tables (default: text)"
    )
    access.set_defaults(command=_run)


def _run(arguments: argparse.Namespace) -> int:
    import msgspec

    from estuary.app import documented_scopes, load_resources, permissions
    from estuary.app.access_table import access_table, as_json, as_text
    from estuary.config.environment import load
    from estuary.config.errors import ConfigurationError
    from estuary.core.resource import DeclarationError

    try:
        settings = load().settings
        resources = load_resources(settings.resources)
        granted = permissions(settings, resources, documented_scopes(settings))
    except (ConfigurationError, DeclarationError) as error:
        return misconfigured(error)
    owned = settings.auth_owner_claim is not None
    tables = access_table(resources, granted.of, owned=owned)
    if arguments.format == "json":
        print(msgspec.json.format(msgspec.json.encode(as_json(tables)), indent=2).decode())
    else:
        print("\n".join(as_text(tables, terminal_width())))
    return OK
