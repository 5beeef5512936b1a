"""Logs: filter, format and writer joined into what the process logs with."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO, Literal

from estuary.telemetry.filter import Filter
from estuary.telemetry.line_writer import LineWriter
from estuary.telemetry.lines import JsonFormat, Line, TextFormat
from estuary.telemetry.logger import Logger

if TYPE_CHECKING:  # for workers alone, as what the methods import: the supervisor's log needs little memory
    from estuary.core.ports import Clock
    from estuary.telemetry.observers import Observers

LogFormat = Literal["json", "text"]


class Logs:
    """Everything that is logged leaves through here. Logging returns at once and never raises."""

    def __init__(
        self,
        writer: LineWriter[Line | str],
        filter_: Filter,
        clock: "Clock",
        form: JsonFormat | TextFormat,
    ) -> None:
        self._writer = writer
        self._filter = filter_
        self._clock = clock
        self._form = form

    def logger(self, target: str) -> Logger:
        """A logger for `target`, such as "estuary::server"."""
        return Logger(target, self._filter.level(target), self._writer.write, self._clock)

    def subscribe(self, observers: "Observers") -> None:
        """Log what `observers` passes on."""
        from estuary.telemetry.access_log import JsonAccess, access_line
        from estuary.telemetry.audit_logger import AUDIT, AuditLogger
        from estuary.telemetry.debug_event_logger import DebugEventLogger
        from estuary.telemetry.event_logger import AUTH, HTTP, STORE, EventLogger

        line_of = JsonAccess(self._form) if isinstance(self._form, JsonFormat) else access_line
        EventLogger(self.logger, self._writer.write, self._clock, line_of).subscribe(observers)
        AuditLogger(self.logger(AUDIT)).subscribe(observers)
        DebugEventLogger(*map(self.logger, (AUTH, HTTP, STORE))).subscribe(observers)

    def capture(self) -> None:
        """Take over the root of `logging`, so that what libraries log comes out as lines like ours."""
        from estuary.telemetry.library_handler import capture

        capture(self._filter, self._writer.write, self._clock)

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
    directives: str, form: str, *, production: bool, colour: bool, clock: "Clock"
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
    clock: "Clock",
) -> Logs:
    """Logs to `stream` (a file descriptor or a binary stream).

    `filter` is in the syntax of `RUST_LOG` (see `Filter`); raises `ValueError` where it is not.
    `colour` matters to the text format alone.
    """
    form = JsonFormat() if format == "json" else TextFormat(colour=colour)
    return Logs(LineWriter(stream, form.many), Filter(filter), clock, form)
