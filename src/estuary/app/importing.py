"""Imports the modules that declare resources, and reports what is wrong with one, and where.

They are the user's code: whatever they raise, even SystemExit, is a mistake in RESOURCES. What they print
while they are imported goes to standard error: standard output is for answers and the log.
"""

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from importlib import import_module
from pathlib import Path
from types import FrameType, ModuleType

from estuary.config.errors import quoted
from estuary.core.declarations import DeclarationError

_INSTALLED = frozenset({"site-packages", "dist-packages"})
"""Folders of installed libraries."""


def imported(module_name: str, reference: str, attribute: str = "") -> tuple[ModuleType, object]:
    """The module, and what its `attribute` is, None where none is asked for.

    Raises `DeclarationError`, which names `reference`, for whatever the module raises.
    """
    try:
        with _printing_to_standard_error():
            module = import_module(module_name)
            return module, getattr(module, attribute) if attribute else None
    except KeyboardInterrupt:
        raise
    except DeclarationError as error:
        place = _place_of(error, module_name).strip()
        faults = [f"{fault} ({place})" if place else fault for fault in error.faults]
        raise DeclarationError(*(f"RESOURCES: {reference}: {fault}" for fault in faults)) from error
    except BaseException as error:
        hint = _looked_for() if _is_not_found(module_name, error) else ""
        reason = f"{_described(error, module_name)}{hint}"
        raise DeclarationError(f"RESOURCES: {reference} cannot be imported: {reason}") from error


def calling_place(module_name: str) -> str:
    """File and line of the innermost call under way in the declaring code."""
    calls = traceback.walk_stack(None)
    return next((place for frame, line in calls if (place := _own_place(frame, line, module_name))), "")


def flush_standard_output() -> None:
    """Flush standard output, unless it is closed."""
    if sys.__stdout__ is not None:
        with suppress(ValueError):
            sys.__stdout__.flush()


def _is_not_found(module_name: str, error: BaseException) -> bool:
    """Whether it is the module itself that was not found, not one that it imports."""
    return isinstance(error, ModuleNotFoundError) and f"{module_name}.".startswith(f"{error.name}.")


def _looked_for() -> str:
    """Where modules of the user's own are looked for."""
    return f" (looked for in the working directory, {Path.cwd()}, and in the folders that PYTHONPATH names)"


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
    flush_standard_output()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        with suppress(OSError):
            flush_standard_output()
        os.dup2(kept, 1)
        os.close(kept)
