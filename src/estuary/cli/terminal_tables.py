"""Tables at a terminal: columns that fit its width, so that each line stays one."""

import shutil
import sys
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from estuary.app.display_width import padded, width_of, wrapped

_BETWEEN = "  "
_NARROWEST = 8
"""Columns that are no wider are not made narrower."""


def terminal_width() -> int | None:
    """The columns of the terminal that standard output is; None where it is a file or a pipe."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def table(rows: Sequence[Sequence[str]], width: int | None) -> Iterator[str]:
    """The lines of a table; where it would be wider than `width`, cells are continued on further lines.

    With None it is as wide as its cells.
    """
    widths = [max(map(width_of, column)) for column in zip(*rows, strict=True)]
    if width is not None:
        _narrow(widths, width - len(_BETWEEN) * (len(widths) - 1))
    for row in rows:
        cells = [_wrapped(cell, room) for cell, room in zip(row, widths, strict=True)]
        for parts in zip_longest(*cells, fillvalue=""):
            shown = (padded(part, room) for part, room in zip(parts, widths, strict=True))
            yield _BETWEEN.join(shown).rstrip()


def _narrow(widths: list[int], room: int) -> None:
    """Take what there is no room for from the widest columns, and from the first, which names, at last."""
    for first in (1, 0):
        while sum(widths) > room and max(widths[first:], default=0) > _NARROWEST:
            widest = max(range(first, len(widths)), key=widths.__getitem__)
            widths[widest] -= 1


def _wrapped(cell: str, room: int) -> list[str]:
    return [cell] if width_of(cell) <= room else wrapped(cell, room)
