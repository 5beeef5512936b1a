"""A progress bar for long commands, shown on a terminal only."""

import sys
import time
from typing import TextIO

_WIDTH = 30
_BETWEEN = 0.1
"""The least time in seconds between two updates."""


class Progress:
    """Draws on one line of `screen` (standard error); does nothing if it is not a terminal."""

    def __init__(self, what: str, screen: TextIO = sys.stderr) -> None:
        self._what = what
        self._screen = screen
        self._shown = screen.isatty()
        self._started = time.monotonic()
        self._due = self._started
        self._records = 0

    def __call__(self, records: int, part: float | None) -> None:
        """Count `records` more as done; `part` is the total progress, from 0 to 1."""
        self._records += records
        if self._shown and (now := time.monotonic()) >= self._due:
            self._due = now + _BETWEEN
            self._draw(now, part)

    def close(self) -> None:
        """Draw the final state, and end the line."""
        if self._shown:
            self._draw(time.monotonic(), 1.0, "\n")

    def _draw(self, now: float, part: float | None, end: str = "") -> None:
        rate = self._records / max(now - self._started, 1e-6)
        shown = f"\r{self._what} {_bar(part)}{self._records:,} records, {rate:,.0f}/s\x1b[K{end}"
        try:
            self._screen.write(shown)
            self._screen.flush()
        except OSError:
            # The terminal is gone; the work goes on.
            self._shown = False


def _bar(part: float | None) -> str:
    """`part` as a bar and in percent; empty if it is unknown."""
    if part is None:
        return ""
    full = round(min(part, 1.0) * _WIDTH)
    return f"[{'#' * full}{'.' * (_WIDTH - full)}] {min(part, 1.0):4.0%} "
