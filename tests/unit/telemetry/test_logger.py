"""Logger: the lines of our own code."""

from estuary.telemetry.filter import Level
from estuary.telemetry.logger import MAX_STACK, Logger, describe
from tests.unit.telemetry.clocks import NOON, HandClock
from tests.unit.telemetry.taken import Taken


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


def test_a_long_stack_keeps_its_end() -> None:
    """The error stands at the end of a stack; a cut one holds it still."""
    described = describe(ValueError("x" * MAX_STACK + "the end"))
    assert 2048 == len(described["error"])
    assert MAX_STACK == len(described["stack"])
    assert described["stack"].endswith("the end")
