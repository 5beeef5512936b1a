"""The handler of `logging`: the lines of libraries."""

import logging

from estuary.telemetry.filter import Filter
from estuary.telemetry.library_handler import LibraryHandler
from tests.unit.telemetry.clocks import HandClock
from tests.unit.telemetry.taken import Taken


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
