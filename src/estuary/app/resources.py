"""Imports the declared resources, and makes the OpenAPI document from them.

Their modules are the user's code: whatever they raise, even SystemExit, is a mistake in RESOURCES. What
they print while they are imported goes to standard error: standard output is for answers and the log.
"""

import os
import sys
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import NamedTuple

import msgspec

from estuary import __version__
from estuary.app.access import batch_rights, rights
from estuary.config.errors import quoted
from estuary.core.declarations import DeclarationError, Faults, noting
from estuary.core.references.foreign_keys import ForeignKeys
from estuary.core.references.reference_declarations import check_references
from estuary.core.resource import Resource
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
    """The declared resources that `module:ATTRIBUTE` references name.

    Raises `DeclarationError` for all faults of all that their modules declare. Raises `OSError` if what was
    printed before cannot be written: it is not to appear on standard error, which takes the place of
    standard output while modules are imported.
    """
    _flush_standard_output()
    loading, faults = _Loading(), Faults()
    for reference in references:
        with faults:
            loading.load(reference)
    with faults:
        loading.demand_faultless()
    loaded = [loading.loaded[each] for each in references if each in loading.loaded]
    names = Counter(resource.name for resource in loaded)
    for name in names:
        with faults:
            _demand_single(name, names[name])
    faults.demand_none()
    check_references(ForeignKeys(key for each in loaded for key in each.foreign_keys), list(names))
    return loaded


def _demand_single(name: str, number: int) -> None:
    if number > 1:
        raise DeclarationError(f"RESOURCES: two resources are named {name!r}")


class _Faulty(NamedTuple):
    """What a module declares and cannot be served, why not, and where that stands."""

    declared: Resource
    error: DeclarationError
    module: str
    place: str


class _Loading:
    """Imports modules, and notes what is wrong with their declarations."""

    def __init__(self) -> None:
        self.loaded: dict[str, Resource] = {}
        """By reference."""
        self._faulty: list[_Faulty] = []

    def load(self, reference: str) -> None:
        """Import what is referred to; raises `DeclarationError` where that is no resource."""
        module = reference.partition(":")[0]

        def note(declared: Resource, error: DeclarationError) -> None:
            self._faulty.append(_Faulty(declared, error, module, _calling_place(module)))

        before = len(self._faulty)
        with noting(note):
            try:
                self.loaded[reference] = _load_resource(reference)
            except DeclarationError:
                # What a module does with a faulty declaration may well raise an error that says less.
                if len(self._faulty) == before:
                    raise

    def demand_faultless(self) -> None:
        """Raise `DeclarationError` for every declaration with faults."""
        told = [
            f"RESOURCES: {self._name(faulty)}: {fault}{f' ({faulty.place})' if faulty.place else ''}"
            for faulty in self._faulty
            for fault in faulty.error.faults
        ]
        if told:
            raise DeclarationError(*dict.fromkeys(told))

    def _name(self, faulty: _Faulty) -> str:
        """The reference to it; where nothing refers to it, or its module did not get so far, both names."""
        found = (name for name, each in self.loaded.items() if each is faulty.declared)
        return next(found, f"{faulty.module}: {faulty.declared.name}")


def _load_resource(reference: str) -> Resource:
    module_name, _, attribute = reference.partition(":")
    try:
        with _printing_to_standard_error():
            resource = getattr(import_module(module_name), attribute)
    except KeyboardInterrupt:
        raise
    except DeclarationError as error:
        place = _place_of(error, module_name).strip()
        told = [f"{fault} ({place})" if place else fault for fault in error.faults]
        raise DeclarationError(*(f"RESOURCES: {reference}: {fault}" for fault in told)) from error
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
    own = [place for frame, line in calls if (place := _own_place(frame, line, module_name))]
    return f" {own[-1]}" if own else ""


def _calling_place(module_name: str) -> str:
    """File and line of the innermost call under way in the declaring code."""
    calls = traceback.walk_stack(None)
    return next((place for frame, line in calls if (place := _own_place(frame, line, module_name))), "")


def _own_place(frame: FrameType, line: int, module_name: str) -> str:
    """File and line, if the code is not a library's."""
    return "" if _is_library(frame, module_name) else f"in {frame.f_code.co_filename}, line {line}"


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
