"""Imports the declared resources, and makes the OpenAPI document from them.

Their modules are the user's code: whatever they raise, even SystemExit, is a mistake in RESOURCES. What
they print while they are imported goes to standard error: standard output is for answers and the log.
"""

import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from importlib import import_module
from pathlib import Path
from types import FrameType

import msgspec

from estuary import __version__
from estuary.app.access import batch_rights, rights
from estuary.config.errors import quoted
from estuary.core.foreign_keys import ForeignKeys
from estuary.core.reference_declarations import check_references
from estuary.core.resource import DeclarationError, Resource
from estuary.http.openapi.document import document
from estuary.http.routes import API_PREFIX
from estuary.http.scopes import Scopes

_NOT_FOUND = " (PYTHONPATH names the folders in which modules of your own are looked for)"
_INSTALLED = frozenset({"site-packages", "dist-packages"})
"""Folders of installed libraries."""


def openapi(
    resources: Sequence[Resource],
    access: Scopes | None = None,
    *,
    metrics: bool = True,
    most_operations: int = 100,
    keys: bool = False,
) -> bytes:
    """The OpenAPI document of `resources`, encoded.

    `access` are the scopes, None if authentication is off; `metrics` says whether they are on the same
    port; a batch has at most `most_operations`; `keys` says whether API keys are administered.
    """
    granted = rights(resources, access)
    described = document(
        resources,
        version=__version__,
        prefix=API_PREFIX,
        rights=granted,
        batch_rights=None if access is None else batch_rights(granted.values()),
        metrics=metrics,
        most_operations=most_operations,
        keys=keys,
    )
    return msgspec.json.encode(described)


def load_resources(references: Sequence[str]) -> list[Resource]:
    """The declared resources that `module:ATTRIBUTE` references name; raises `DeclarationError`.

    Raises `OSError` if what was printed before cannot be written: it is not to appear on standard error,
    which takes the place of standard output while modules are imported.
    """
    _flush_standard_output()
    resources = [_load_resource(reference) for reference in references]
    names = [resource.name for resource in resources]
    for name in names:
        if names.count(name) > 1:
            raise DeclarationError(f"RESOURCES: two resources are named {name!r}")
    check_references(ForeignKeys(key for each in resources for key in each.foreign_keys), names)
    return resources


def _load_resource(reference: str) -> Resource:
    module_name, _, attribute = reference.partition(":")
    try:
        with _printing_to_standard_error():
            resource = getattr(import_module(module_name), attribute)
    except KeyboardInterrupt:
        raise
    except DeclarationError as error:
        place = _place_of(error, module_name).strip()
        told = f"{error} ({place})" if place else str(error)
        raise DeclarationError(f"RESOURCES: {reference}: {told}") from error
    except BaseException as error:
        reason = _described(error, module_name) + (_NOT_FOUND if _is_not_found(module_name, error) else "")
        raise DeclarationError(f"RESOURCES: {reference} cannot be imported: {reason}") from error
    if not isinstance(resource, Resource):
        raise DeclarationError(f"RESOURCES: {reference} is not a Resource")
    return resource


def _is_not_found(module_name: str, error: BaseException) -> bool:
    """Whether it is the module itself that was not found, not one that it imports."""
    return isinstance(error, ModuleNotFoundError) and f"{module_name}.".startswith(f"{error.name}.")


def _described(error: BaseException, module_name: str) -> str:
    """The error in one line, with its place in the declaring code."""
    place = _place_of(error, module_name)
    if not place and isinstance(error, ImportError | AttributeError):
        return str(error)
    if isinstance(error, SystemExit):
        return f"its module ends the process: SystemExit({error.code!r}){place}"
    if isinstance(error, SyntaxError):
        return f"its module raises {type(error).__name__}: {error.msg}{place}"
    # As the interpreter formats it, which also works if the error's text cannot be formatted.
    what = " ".join("".join(traceback.format_exception_only(error)).split())
    return f"its module raises {what}{place}"


def _place_of(error: BaseException, module_name: str) -> str:
    """File and line of a syntax error, or else of the innermost call in the declaring code."""
    if isinstance(error, SyntaxError) and error.filename and not error.filename.startswith("<"):
        source = f": {quoted(error.text.strip())}" if error.text else ""
        return f" in {error.filename}, line {error.lineno}{source}"
    calls = list(traceback.walk_tb(error.__traceback__))[1:]  # the first one is ours
    own = [
        f" in {frame.f_code.co_filename}, line {line}"
        for frame, line in calls
        if not _is_library(frame, module_name)
    ]
    return own[-1] if own else ""


def _is_library(frame: FrameType, module_name: str) -> bool:
    """Whether the frame is library code; the declaring module may itself be in an installed package."""
    package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
    if package == module_name.partition(".")[0]:
        return False
    installed = _INSTALLED.intersection(Path(frame.f_code.co_filename).parts)
    return package in sys.stdlib_module_names or package == "estuary" or bool(installed)


@contextmanager
def _printing_to_standard_error() -> Iterator[None]:
    """Redirect standard output to standard error, including that of child processes."""
    _flush_standard_output()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        with suppress(OSError):
            _flush_standard_output()
        os.dup2(kept, 1)
        os.close(kept)


def _flush_standard_output() -> None:
    """Flush standard output, unless it is closed."""
    if sys.__stdout__ is not None:
        with suppress(ValueError):
            sys.__stdout__.flush()
