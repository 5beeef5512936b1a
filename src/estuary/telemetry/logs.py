"""Logs: filter, format and writer joined into what the process logs with."""

import logging
import sys
from collections.abc import Callable
from typing import BinaryIO, Literal

from estuary.core.ports import Clock
from estuary.telemetry.access_log import JsonAccess, LineOf, access_line
from estuary.telemetry.debug_event_logger import DebugEventLogger
from estuary.telemetry.event_logger import AUTH, HTTP, STORE, EventLogger
from estuary.telemetry.filter import Filter, Level
from estuary.telemetry.line_writer import LineWriter
from estuary.telemetry.lines import JsonFormat, Line, TextFormat
from estuary.telemetry.logger import LibraryHandler, Logger
from estuary.telemetry.observers import Observers

LogFormat = Literal["json", "text"]

_LIBRARY_LEVELS = {
    Level.OFF: logging.CRITICAL + 1,
    Level.ERROR: logging.ERROR,
    Level.WARN: logging.WARNING,
    Level.INFO: logging.INFO,
    Level.DEBUG: logging.DEBUG,
    Level.TRACE: logging.NOTSET,
}


class Logs:
    """Everything that is logged leaves through here. Logging returns at once and never raises."""

    def __init__(
        self, writer: LineWriter[Line | str], filter_: Filter, clock: Clock, line_of: LineOf
    ) -> None:
        self._writer = writer
        self._filter = filter_
        self._clock = clock
        self._line_of = line_of

    def logger(self, target: str) -> Logger:
        """A logger for `target`, such as "estuary::server"."""
        return Logger(target, self._filter.level(target), self._writer.write, self._clock)

    def subscribe(self, observers: Observers) -> None:
        """Log what `observers` passes on."""
        EventLogger(self.logger, self._writer.write, self._clock, self._line_of).subscribe(observers)
        DebugEventLogger(*map(self.logger, (AUTH, HTTP, STORE))).subscribe(observers)

    def capture(self) -> None:
        """Take over the root of `logging`, so that what libraries log comes out as lines like ours."""
        root = logging.getLogger()
        root.handlers[:] = [self.handler()]
        root.setLevel(_LIBRARY_LEVELS[self._filter.widest])

    def handler(self) -> logging.Handler:
        """A handler of `logging` that writes here."""
        return LibraryHandler(self._filter, self._writer.write, self._clock)

    @property
    def dropped(self) -> int:
        """How many lines could not be written since the start."""
        return self._writer.dropped

    def on_drop(self, count: Callable[[int], None]) -> None:
        """Tell `count` of lines that could not be written, as they are dropped."""
        self._writer.on_drop = count

    def flush(self, timeout: float = 1.0) -> bool:
        """Wait until every line is written; whether that was within `timeout` seconds."""
        return self._writer.flush(timeout)

    def close(self, timeout: float = 1.0) -> bool:
        """As `flush`, and drop whatever is logged afterwards; the stream stays open."""
        return self._writer.close(timeout)


def standard_output_logs(
    directives: str, form: str, *, production: bool, colour: bool, clock: Clock
) -> Logs:
    """Logs to standard output, filtered by `directives`.

    `form` is "json", "text" or "auto": text for people at a terminal in development, else JSON. `colour`
    is what the user allows; only a terminal gets it.
    """
    terminal = sys.stdout.isatty()
    text = form == "text" or (form == "auto" and terminal and not production)
    return build_logs(
        sys.stdout.fileno(),
        filter=directives,
        format="text" if text else "json",
        colour=colour and terminal,
        clock=clock,
    )


def build_logs(
    stream: int | BinaryIO,
    *,
    filter: str,  # noqa: A002 - the settings' own words, and neither builtin is used here
    format: LogFormat,  # noqa: A002 - as above
    colour: bool,
    clock: Clock,
) -> Logs:
    """Logs to `stream` (a file descriptor or a binary stream).

    `filter` is in the syntax of `RUST_LOG` (see `Filter`); raises `ValueError` where it is not.
    `colour` matters to the text format alone.
    """
    if format == "json":
        json = JsonFormat()
        return Logs(LineWriter(stream, json.many), Filter(filter), clock, JsonAccess(json))
    return Logs(LineWriter(stream, TextFormat(colour=colour).many), Filter(filter), clock, access_line)
