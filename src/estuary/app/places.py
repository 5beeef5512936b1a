"""Which modules an entry of RESOURCES names, and where modules in the working directory are found."""

import sys
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from estuary.core.declarations import DeclarationError


class Place(NamedTuple):
    """Modules to import, in order, and the attribute to take; an empty one is every resource in them."""

    modules: tuple[str, ...]
    attribute: str = ""


def place_of(reference: str) -> Place:
    """What `module:NAME`, `module` or `folder/` names.

    A folder lies in the working directory, and names its modules in the order of their names, after
    itself where it is a package. Those whose name begins with an underscore are helpers of the others.
    Raises `DeclarationError` where there is no such folder, or no module in it.
    """
    if "/" in reference:
        return Place(_modules_in(PurePosixPath(reference), reference))
    module, _, attribute = reference.partition(":")
    return Place((module,), attribute)


def make_importable(module: str) -> None:
    """Have `module` found where it lies in the working directory.

    The working directory comes last: no file in it takes the place of an installed module. It is left out
    where it holds nothing of that name.
    """
    first, here = module.partition(".")[0], Path.cwd()
    if str(here) not in sys.path and (
        here.joinpath(first).is_dir() or here.joinpath(f"{first}.py").exists()
    ):
        sys.path.append(str(here))


def _modules_in(folder: PurePosixPath, reference: str) -> tuple[str, ...]:
    from pkgutil import iter_modules  # only where a folder is named

    path = Path(folder)
    if not path.is_dir():
        raise DeclarationError(f"RESOURCES: there is no folder {reference} in {Path.cwd()}")
    package = ".".join(folder.parts)
    itself = (package,) if (path / "__init__.py").exists() else ()
    found = sorted(each.name for each in iter_modules([str(path)]) if not each.name.startswith("_"))
    if not itself and not found:
        raise DeclarationError(f"RESOURCES: the folder {reference} holds no module")
    return (*itself, *(f"{package}.{name}" for name in found))
