"""The faults of declarations: all are reported together, whether of one resource or of several."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Final, TypeAlias


class DeclarationError(TypeError):
    """A resource is declared in a way Estuary cannot serve: its author's mistake, never a client's.

    `faults` has a line for each mistake.
    """

    def __init__(self, *faults: str) -> None:
        self.faults: Final = faults
        lines = [f"the declarations have {len(faults)} problems:", *(f"  {fault}" for fault in faults)]
        super().__init__("\n".join(faults if len(faults) == 1 else lines))


class Faults:
    """Collects faults: as a context, those of a `DeclarationError` that is raised within it."""

    def __init__(self) -> None:
        self._found: list[str] = []

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, DeclarationError):
            return False
        self._found.extend(error.faults)
        return True

    def demand_none(self) -> None:
        """Raise `DeclarationError` for all that were collected."""
        if self._found:
            raise DeclarationError(*self._found)


Note: TypeAlias = Callable[[Any, DeclarationError], None]
"""Called with each fault: what is declared, and what is wrong with it."""

_note: ContextVar[Note | None] = ContextVar("note", default=None)


@contextmanager
def noting(note: Note) -> Iterator[None]:
    """Meanwhile faults go to `note` and modules go on, so later declarations are examined, too."""
    token = _note.set(note)
    try:
        yield
    finally:
        _note.reset(token)


@contextmanager
def declaring(declared: Any) -> Iterator[None]:
    """Have a `DeclarationError` that ends the context noted, where that is wanted, or else raised."""
    try:
        yield
    except DeclarationError as error:
        note = _note.get()
        if note is None:
            raise
        note(declared, error)
