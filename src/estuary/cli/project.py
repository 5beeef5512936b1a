"""The project that `estuary init` makes: its name, its folder, and its files."""

import re
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath
from unicodedata import combining, normalize

from estuary import __version__

_SUFFIX = ".in"
_KEPT = frozenset({".git", ".venv"})
"""What the folder may have already: a repository and a virtual environment."""
_NAME = re.compile(r"[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*")
"""What installers and container registries also allow as a name."""
_MOST_NAMED = 3


class NoProject(Exception):
    """A project cannot be made there; the message says why, and what to do."""


def make_project(folder: Path) -> list[PurePosixPath]:
    """Write a project into a folder that is empty or does not exist; returns its files, relative to that.

    The folder's name is the project's. Raises `NoProject`, before anything is written, and `OSError`.
    """
    name = folder.resolve().name
    if not _NAME.fullmatch(name):
        raise NoProject(f"{name!r} is no name for a project: {_suggestion(name)}")
    _demand_empty(folder)
    written = []
    for place, template in _templates(files("estuary") / "templates" / "project", PurePosixPath()):
        text = template.read_text(encoding="utf-8").replace("{{name}}", name)
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("{{version}}", __version__), encoding="utf-8")
        written.append(place)
    return written


def _demand_empty(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise NoProject(f"{folder} is a file: name a folder that is empty or not there")
    there = sorted({path.name for path in folder.iterdir()} - _KEPT) if folder.exists() else []
    if there:
        named = ", ".join(there[:_MOST_NAMED]) + (", …" if len(there) > _MOST_NAMED else "")
        raise NoProject(f"{folder} is not empty ({named}): name a folder that is empty or not there")


def _suggestion(name: str) -> str:
    """What names are made of, with a name close to `name` if there is one."""
    allowed = "it must have lower-case letters, digits, - and _ alone, and begin with a letter"
    letters = "".join(each for each in normalize("NFKD", name.casefold()) if not combining(each))
    made = re.sub(r"[^a-z0-9_]+", "-", letters).lstrip("-_0123456789").rstrip("-_")
    return f"{allowed}; {made} would be one" if _NAME.fullmatch(made) else allowed


def _templates(folder: Traversable, within: PurePosixPath) -> Iterator[tuple[PurePosixPath, Traversable]]:
    """Each template below `folder`, after the place of the file that is made of it."""
    for each in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if each.is_dir():
            yield from _templates(each, within / each.name)
        elif each.name.endswith(_SUFFIX):
            yield within / each.name.removesuffix(_SUFFIX), each
