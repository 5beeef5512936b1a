"""What an artefact has of the modules that `workshop/compile.py` compiles, asked of its own Python."""

from workshop.compile import COMPILED

WHERE_MODULES_ARE = "\n".join(
    [
        "from importlib import import_module",
        *(f"print(import_module('estuary.{name.replace('/', '.')}').__file__)" for name in COMPILED),
    ]
)
"""A program that prints, line by line, the file that each of them is imported from."""


def interpreted(reported: str) -> list[str]:
    """Of what the program printed, the files that are not compiled; there must be one line a module."""
    paths = reported.split()
    assert len(COMPILED) == len(paths)
    return [path for path in paths if not path.endswith(".so")]
