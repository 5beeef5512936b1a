"""Logger: our own code's lines, and those of libraries."""

import logging
from typing import Any

from estuary.telemetry.filter import Filter, Level
from estuary.telemetry.lines import Line
from estuary.telemetry.logger import MAX_STACK, LibraryHandler, Logger, describe
from tests.unit.telemetry.clocks import NOON, HandClock


class Taken:
    """Keeps the lines it is given, and which of them were urgent."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []
        self.urgent: list[bool] = []

    def __call__(self, line: Line | str, *, urgent: bool = False) -> None:
        """Keep `line`."""
        assert isinstance(line, dict)
        self.lines.append(line)
        self.urgent.append(urgent)


def test_a_line_says_when_how_bad_where_and_what() -> None:
    """The four heads of a line, then the fields as they were given."""
    taken = Taken()
    Logger("estuary::x", Level.INFO, taken, HandClock()).info("ready", port=3000)
    head = {"timestamp": NOON, "level": "INFO", "target": "estuary::x", "message": "ready"}
    assert [{**head, "port": 3000}] == taken.lines


def test_levels_below_the_loggers_are_not_written() -> None:
    """At WARN, errors and warnings are written, and both are urgent."""
    taken = Taken()
    logger = Logger("estuary::x", Level.WARN, taken, HandClock())
    logger.error("1")
    logger.warn("2")
    logger.info("3")
    logger.debug("4")
    assert ["1", "2"] == [line["message"] for line in taken.lines]
    assert [True, True] == taken.urgent


def test_information_can_wait() -> None:
    """Lines from INFO down are gathered."""
    taken = Taken()
    logger = Logger("estuary::x", Level.TRACE, taken, HandClock())
    logger.info("1")
    logger.debug("2")
    assert [False, False] == taken.urgent


def library(taken: Taken, name: str, directives: str) -> logging.Logger:
    """A library's logger whose records go to `taken`."""
    logger = logging.Logger(name, logging.NOTSET)  # noqa: LOG001 - one that the process does not share
    logger.addHandler(LibraryHandler(Filter(directives), taken, HandClock()))
    return logger


def test_a_librarys_record_becomes_a_line() -> None:
    """Its name is the target, its level ours, its arguments in the message."""
    taken = Taken()
    library(taken, "asyncpg.workers", "info").warning("worker %d died", 3)
    (line,) = taken.lines
    assert ("WARN", "asyncpg::workers", "worker 3 died") == (
        line["level"],
        line["target"],
        line["message"],
    )


def test_the_filter_holds_for_libraries() -> None:
    """Each record is judged by its logger's target; custom levels round down to ours."""
    taken = Taken()
    logger = library(taken, "asyncio", "asyncio=debug")
    for number in (5, logging.DEBUG, 25, logging.CRITICAL):
        logger.log(number, "%d", number)
    assert [("DEBUG", "10"), ("INFO", "25"), ("ERROR", "50")] == [
        (line["level"], line["message"]) for line in taken.lines
    ]


def test_a_librarys_exception_comes_along() -> None:
    """The line holds its type, message and stack."""
    taken = Taken()
    try:
        {"a": 1}["lost"]
    except KeyError:
        library(taken, "x", "info").exception("failed")
    (line,) = taken.lines
    assert "KeyError: 'lost'" == line["error"]
    assert line["stack"].startswith("Traceback")


def test_a_logger_asked_for_an_exception_outside_of_one_is_fine() -> None:
    """`exception` without an exception is a library's slip, and still a line."""
    taken = Taken()
    library(taken, "x", "info").error("failed", exc_info=True)
    (line,) = taken.lines
    assert ("failed", False) == (line["message"], "error" in line)


def test_a_long_stack_keeps_its_end() -> None:
    """The error stands at the end of a stack; a cut one holds it still."""
    described = describe(ValueError("x" * MAX_STACK + "the end"))
    assert 2048 == len(described["error"])
    assert MAX_STACK == len(described["stack"])
    assert described["stack"].endswith("the end")
