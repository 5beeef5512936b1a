"""The functions in `convex/` and a schema, written where `npx convex deploy` finds them."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from estuary.core.resource import Resource
from estuary.stores.convex.schema import schema

_INSTALLED = Path(__file__).with_name("typescript")
_CHECKOUT = Path(__file__).parents[4] / "convex"
_SCHEMA = "schema.ts"


def write(folder: Path, resources: Sequence[Resource]) -> list[Path]:
    """Write all that Convex needs to serve `resources` into `folder`; the files, which may have been there.

    Other files in the folder stay as they are. Raises `OSError`, and `DeclarationError` before anything
    is written.
    """
    text = schema(resources)
    folder.mkdir(parents=True, exist_ok=True)
    source = _INSTALLED if _INSTALLED.exists() else _CHECKOUT
    written = [Path(shutil.copy(file, folder)) for file in sorted(source.iterdir()) if _is_ours(file)]
    (folder / _SCHEMA).write_text(text)
    return [*written, folder / _SCHEMA]


def _is_ours(file: Path) -> bool:
    return file.name == "tsconfig.json" or (file.suffix == ".ts" and file.name != _SCHEMA)
