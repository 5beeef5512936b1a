"""Lines: one line is one line, whatever is in it."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estuary.telemetry.lines import AccessLine, Format, JsonFormat, Line, TextFormat
from tests.unit.telemetry.clocks import NOON

FORMATS = [JsonFormat(), TextFormat(colour=False)]
ANY_TEXT = st.text(st.characters())  # surrogates included
FORGING = [*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), *"\u2028\u2029\u202e\u2066\ufeff\ud800"]


def access(**changes: Any) -> AccessLine:
    """The line of a request."""
    line = AccessLine(
        NOON, "INFO", "estuary::access", "request served", "id-1", "GET", "/x", "/x", 200, 0.5, 9, "::1"
    )
    return msgspec.structs.replace(line, **changes)


def message(**fields: Any) -> Line:
    """A line of our own code."""
    return {"timestamp": NOON, "level": "WARN", "target": "estuary::x", "message": "something", **fields}


def test_an_access_line_is_the_documented_object() -> None:
    """Names and order of the fields, RFC 3339 with microseconds in UTC; what is unknown is left out."""
    assert (
        b'{"timestamp":"2026-01-02T12:00:00.123456Z","level":"INFO","target":"estuary::access",'
        b'"message":"request served","request_id":"id-1","method":"GET","endpoint":"/x","path":"/x",'
        b'"status":200,"duration_ms":0.5,"bytes":9,"client":"::1"}'
    ) == JsonFormat()(access())
    whole = json.loads(JsonFormat()(access(trace_id="ab", subject="me")))
    assert ("ab", "me") == (whole["trace_id"], whole["subject"])


@given(path=ANY_TEXT, request_id=ANY_TEXT, subject=st.none() | ANY_TEXT)
def test_any_request_makes_one_line_that_parses_back(
    path: str, request_id: str, subject: str | None
) -> None:
    """No text of a client ends the line, and every text that UTF-8 can hold comes back as it was."""
    line = JsonFormat()(access(path=path, request_id=request_id, subject=subject))
    assert 1 == len(line.decode().splitlines())
    parsed = json.loads(line)
    assert 200 == parsed["status"]
    for name, text in (("path", path), ("request_id", request_id), ("subject", subject)):
        if text is None:
            assert name not in parsed
        elif not any(
            "\ud800" <= character <= "\udfff" for character in path + request_id + (subject or "")
        ):
            assert text == parsed[name]


@given(value=ANY_TEXT)
def test_any_text_makes_one_line_for_people(value: str) -> None:
    """The text format keeps to one line as well, in message, path and fields."""
    for line in (access(path=value), message(field=value), {**access_fields(), "message": value}):
        assert 1 == len(TextFormat(colour=False)(line).decode().splitlines())


def access_fields() -> dict[str, Any]:
    """An access line as a mapping."""
    return msgspec.structs.asdict(access())


@pytest.mark.parametrize("character", FORGING, ids=lambda character: f"U+{ord(character):04X}")
@pytest.mark.parametrize("format_", FORMATS, ids=["json", "text"])
def test_no_character_that_forges_is_written_as_it_is(format_: Format, character: str) -> None:
    """Control characters, line separators and marks that reorder text are escaped in both formats."""
    line = format_(access(path=f"/a{character}b")).decode()
    assert character not in line
    assert "/ab" not in line


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, 1),
        (True, True),
        (None, None),
        (0.5, 0.5),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00Z"),
        (ValueError("x"), "x"),
        (2**70, 2**70),
        (["a", 1], ["a", 1]),
        ({"a": "\ud800"}, "{'a': '\\ud800'}"),
    ],
)
def test_values_that_json_lacks_are_told_as_text(value: object, expected: object) -> None:
    """A field may hold anything: the line is written all the same."""
    assert expected == json.loads(JsonFormat()(message(field=value)))["field"]


def test_a_value_without_text_does_not_cost_the_line() -> None:
    """Even an object whose `str` fails leaves a line with everything else."""

    class Mute:
        def __str__(self) -> str:
            raise RuntimeError

    parsed = json.loads(JsonFormat()(message(field=Mute(), number=7)))
    assert ("something", "<Mute>", 7) == (parsed["message"], parsed["field"], parsed["number"])


def test_a_line_for_people_reads_well() -> None:
    """Time, level, target, message, fields; quotes only where a value needs them."""
    line = TextFormat(colour=False)(message(path="/a/b", reason='not "so" good', none=None))
    assert b'12:00:00.123 WARN  estuary::x something path=/a/b reason="not \\"so\\" good" none=None' == line


def test_a_line_for_people_can_be_read_back() -> None:
    """A line feed and a backslash followed by an n are different values, and look different."""
    written = [TextFormat(colour=False)(message(field=value)) for value in ("a\nb", "a\\nb")]
    assert written[0] != written[1]


def test_colour_is_used_only_when_told() -> None:
    """Escape sequences stand around the level, and nowhere without colour."""
    assert b"\x1b[33mWARN \x1b[0m" in TextFormat(colour=True)(message())
    assert b"\x1b" not in TextFormat(colour=False)(message())


def test_a_stack_is_indented_for_people_and_one_string_for_machines() -> None:
    """No line of an exception's text can pass for a log line of its own."""
    line = message(stack="Traceback\nValueError: x\n12:00:00.123 INFO  forged")
    first, *rest = TextFormat(colour=False)(line).decode().splitlines()
    assert first.endswith("something")
    assert ["    Traceback", "    ValueError: x", "    12:00:00.123 INFO  forged"] == rest
    assert 1 == len(JsonFormat()(line).splitlines())
