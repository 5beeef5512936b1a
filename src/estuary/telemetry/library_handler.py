"""The messages of libraries through `logging`, as lines like Estuary's own."""

import logging

from estuary.core.ports import Clock
from estuary.telemetry.filter import Filter, Level
from estuary.telemetry.logger import Logger, Put, describe

_LEVELS = {
    Level.OFF: logging.CRITICAL + 1,
    Level.ERROR: logging.ERROR,
    Level.WARN: logging.WARNING,
    Level.INFO: logging.INFO,
    Level.DEBUG: logging.DEBUG,
    Level.TRACE: logging.NOTSET,
}


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


def capture(filter_: Filter, put: Put, clock: Clock) -> None:
    """Make a `LibraryHandler` the only handler of the root of `logging`."""
    root = logging.getLogger()
    root.handlers[:] = [LibraryHandler(filter_, put, clock)]
    root.setLevel(_LEVELS[filter_.widest])


def _level_of(number: int) -> Level:
    steps = ((logging.ERROR, Level.ERROR), (logging.WARNING, Level.WARN), (logging.INFO, Level.INFO))
    for threshold, level in steps:
        if number >= threshold:
            return level
    return Level.DEBUG if number >= logging.DEBUG else Level.TRACE
