"""Several writes to memory as one: where one of them is refused, those before it are undone."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

from estuary.core.errors import EstuaryError, WriteRefused
from estuary.core.record import Written
from estuary.core.writes.writes import Write

Undo: TypeAlias = Callable[[], None]
Make: TypeAlias = Callable[[Write], tuple[Written, Undo]]
"""Makes a write; what it left behind, and what undoes it."""


def made(writes: Sequence[Write], make: Make) -> tuple[list[Written], Undo]:
    """What each of `writes` left behind, and what undoes all; raises `WriteRefused`, having undone them."""
    outcomes: list[Written] = []
    undoing: list[Undo] = []
    for index, write in enumerate(writes):
        try:
            written, undo = make(write)
        except EstuaryError as error:
            _undo(undoing)
            raise WriteRefused(index, error) from error
        outcomes.append(written)
        undoing.append(undo)
    return outcomes, partial(_undo, undoing)


def _undo(undoing: Sequence[Undo]) -> None:
    for undo in reversed(undoing):
        undo()
