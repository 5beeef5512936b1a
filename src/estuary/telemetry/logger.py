"""Logger: what the code says of itself."""

from typing import TYPE_CHECKING, Any, Protocol

from estuary.telemetry.filter import Level
from estuary.telemetry.lines import MAX_TEXT, Line

if TYPE_CHECKING:  # the supervisor logs, too, and needs nothing else of `core`
    from estuary.core.ports import Clock

MAX_STACK = 16 * 1024
"""The most characters kept of a stack trace: its end, where the error is."""


class Put(Protocol):
    """Takes lines, some of which are text already; returns at once and never raises."""

    def __call__(self, line: Line | str, *, urgent: bool = False) -> None:
        """Take `line`, which need not wait for others when it is urgent."""
        ...


class Logger:
    """Logs under one target; whether a level is wanted was decided when the logger was made."""

    def __init__(self, target: str, level: Level, put: Put, clock: "Clock") -> None:
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


def describe(error: BaseException | None) -> dict[str, str]:
    """The fields that describe `error`: its type and message, and the stack with every cause."""
    import traceback  # only when something went wrong

    if error is None:
        return {}
    message = "".join(traceback.format_exception_only(error)).strip()
    stack = "".join(traceback.format_exception(error)).strip()
    return {"error": message[:MAX_TEXT], "stack": stack[-MAX_STACK:]}
