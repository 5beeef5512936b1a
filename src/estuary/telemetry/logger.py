"""Logger: what the code says of itself, and what its libraries say through `logging`."""

import logging
from typing import Any, Protocol

from estuary.core.ports import Clock
from estuary.telemetry.filter import Filter, Level
from estuary.telemetry.lines import MAX_TEXT, Line

MAX_STACK = 16 * 1024
"""The most characters kept of a stack trace: its end, where the error is."""


class Put(Protocol):
    """Takes lines, some of which are text already; returns at once and never raises."""

    def __call__(self, line: Line | str, *, urgent: bool = False) -> None:
        """Take `line`, which need not wait for others when it is urgent."""
        ...


class Logger:
    """Logs under one target; whether a level is wanted was decided when the logger was made."""

    def __init__(self, target: str, level: Level, put: Put, clock: Clock) -> None:
        self.target = target
        self._level = level
        self._put = put
        self._clock = clock

    def error(self, message: str, /, **fields: Any) -> None:
        """Something is broken, and an operator has to look at it."""
        self.log(Level.ERROR, message, **fields)

    def warn(self, message: str, /, **fields: Any) -> None:
        """Something is wrong, but Estuary copes."""
        self.log(Level.WARN, message, **fields)

    def info(self, message: str, /, **fields: Any) -> None:
        """Something that an operator wants to know."""
        self.log(Level.INFO, message, **fields)

    def debug(self, message: str, /, **fields: Any) -> None:
        """Something that a developer wants to know."""
        self.log(Level.DEBUG, message, **fields)

    def enabled(self, level: Level) -> bool:
        """Whether lines of `level` are wanted."""
        return level <= self._level

    def log(self, level: Level, message: str, /, **fields: Any) -> None:
        """Write a line if `level` is wanted; `fields` are values that JSON knows, others as their text."""
        if level <= self._level:
            self._put(
                {
                    "timestamp": self._clock.now(),
                    "level": level.name,
                    "target": self.target,
                    "message": message,
                    **fields,
                },
                urgent=level <= Level.WARN,
            )


class LibraryHandler(logging.Handler):
    """Turns records of `logging` into lines; `asyncpg.pool` logs as the target `asyncpg::pool`."""

    def __init__(self, filter_: Filter, put: Put, clock: Clock) -> None:
        super().__init__()
        self._wanted = filter_
        self._put = put
        self._clock = clock
        self._loggers: dict[str, Logger] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line of `record`."""
        try:
            fields = {} if record.exc_info is None else describe(record.exc_info[1])
            self._logger(record.name).log(_level_of(record.levelno), record.getMessage(), **fields)
        except Exception:  # noqa: BLE001 - as every handler of `logging` does
            self.handleError(record)

    def _logger(self, name: str) -> Logger:
        logger = self._loggers.get(name)
        if logger is None:
            target = name.replace(".", "::")
            logger = self._loggers[name] = Logger(
                target, self._wanted.level(target), self._put, self._clock
            )
        return logger


def describe(error: BaseException | None) -> dict[str, str]:
    """The fields that describe `error`: its type and message, and the stack with every cause."""
    import traceback  # only when something went wrong

    if error is None:
        return {}
    message = "".join(traceback.format_exception_only(error)).strip()
    stack = "".join(traceback.format_exception(error)).strip()
    return {"error": message[:MAX_TEXT], "stack": stack[-MAX_STACK:]}


def _level_of(number: int) -> Level:
    steps = ((logging.ERROR, Level.ERROR), (logging.WARNING, Level.WARN), (logging.INFO, Level.INFO))
    for threshold, level in steps:
        if number >= threshold:
            return level
    return Level.DEBUG if number >= logging.DEBUG else Level.TRACE
