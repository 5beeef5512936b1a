"""`estuary convex`: prints or writes the Convex functions and schema of the declared resources."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from estuary.cli.commands import Commands
from estuary.cli.exits import OK, failed, misconfigured

if TYPE_CHECKING:
    from estuary.core.resource import Resource


def add(commands: Commands) -> None:
    """Add the parser of `estuary convex`, and what runs it, to `commands`."""
    convex = commands.add_parser("convex", help="prepare a Convex deployment")
    parts = convex.add_subparsers(title="parts", metavar="PART", required=True)
    schema = parts.add_parser("schema", help="print convex/schema.ts for the resources in RESOURCES")
    schema.set_defaults(command=_schema)
    write = parts.add_parser("write", help="write the functions and the schema, to be deployed from there")
    write.add_argument("folder", type=Path, metavar="FOLDER", help="mostly: convex")
    write.set_defaults(command=_write)


def _schema(_: argparse.Namespace) -> int:
    from estuary.stores.convex.schema import schema

    return _with_resources(lambda resources: print(schema(resources), end=""))


def _write(arguments: argparse.Namespace) -> int:
    from estuary.stores.convex.deployable import write

    def written(resources: "Sequence[Resource]") -> None:
        for file in write(arguments.folder, resources):
            print(file)

    try:
        return _with_resources(written)
    except OSError as error:
        return failed(f"{arguments.folder} cannot be written: {error.strerror}")


def _with_resources(act: "Callable[[Sequence[Resource]], None]") -> int:
    from estuary.app import load_resources
    from estuary.config.environment import load
    from estuary.config.errors import ConfigurationError
    from estuary.core.resource import DeclarationError

    try:
        act(load_resources(load().settings.resources))
    except (ConfigurationError, DeclarationError) as error:
        return misconfigured(error)
    return OK
