"""Logs: the whole way from a message to a stream."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from estuary.telemetry.logs import LogFormat, Logs, build_logs
from tests.unit.telemetry.clocks import HandClock

JSON = (
    b'{"timestamp":"2026-01-02T12:00:00.123456Z","level":"INFO","target":"estuary::x",'
    b'"message":"ready","port":3000}\n'
)
TEXT = b"12:00:00.123 INFO  estuary::x ready port=3000\n"


def logs_to(stream: io.BytesIO, directives: str = "info", format_: LogFormat = "json") -> Logs:
    """Logs without colour at noon."""
    return build_logs(stream, filter=directives, format=format_, colour=False, clock=HandClock())


@pytest.fixture
def root_logger() -> Iterator[logging.Logger]:
    """The root of `logging`, put back afterwards."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield root
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize(("format_", "expected"), [("json", JSON), ("text", TEXT)])
def test_both_formats_reach_the_stream(format_: LogFormat, expected: bytes) -> None:
    """The same message as JSON and as text."""
    stream = io.BytesIO()
    logs = logs_to(stream, format_=format_)
    logs.logger("estuary::x").info("ready", port=3000)
    assert logs.close(60.0)
    assert expected == stream.getvalue()


def test_a_wrong_filter_is_an_error_at_the_start() -> None:
    """Not a surprise at the first line."""
    with pytest.raises(ValueError, match="estuary=loud"):
        logs_to(io.BytesIO(), "estuary=loud")


def test_libraries_log_here_once_captured(root_logger: logging.Logger) -> None:
    """What was attached to the root before is gone, and the filter decides for libraries too."""
    stream = io.BytesIO()
    logs = logs_to(stream, "error,some=info")
    logs.capture()
    logging.getLogger("some.library").info("told")
    logging.getLogger("some.library").debug("not told")
    logging.getLogger("other.library").warning("not told")
    assert 1 == len(root_logger.handlers)
    assert logs.close(60.0)
    assert ["told"] == [json.loads(line)["message"] for line in stream.getvalue().splitlines()]


def test_dropped_lines_are_told() -> None:
    """The counter of missing lines, for operators, counts each at once."""
    logs = logs_to(io.BytesIO())
    lost: list[int] = []
    logs.on_drop(lost.append)
    assert logs.close(60.0)
    logs.logger("estuary::x").info("too late")
    assert 1 == logs.dropped
    assert [1] == lost
