"""`estuary init`: makes a project that runs: two resources, configuration, tests, a container."""

import argparse
from pathlib import Path

from estuary.cli.commands import Commands
from estuary.cli.exits import OK, misconfigured


def add(commands: Commands) -> None:
    """Add the parser of `estuary init`, and what runs it, to `commands`."""
    init = commands.add_parser("init", help="make a project: resources, configuration, tests, container")
    init.add_argument("folder", type=Path, metavar="NAME", help="of a folder that is empty or not there")
    init.set_defaults(command=_run)


def _run(arguments: argparse.Namespace) -> int:
    from estuary.cli.project import NoProject, make_project

    folder: Path = arguments.folder
    try:
        written = make_project(folder)
    except NoProject as error:
        return misconfigured(f"init: {error}")
    print(f"made {folder}/: {', '.join(str(place) for place in written)}")
    print("next:")
    if folder.resolve() != Path.cwd():
        print(f"  cd {folder}")
    print("  estuary dev")
    return OK
