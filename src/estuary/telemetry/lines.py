"""Lines: how a log line becomes bytes, as JSON for machines or as text for a terminal.

Neither format lets what a client sent end a line, start another or steer a terminal: control characters
(C0, DEL, C1), Unicode's line separators and its marks that reorder text are always escaped.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from estuary.telemetry.filter import Level

MAX_TEXT = 2048
"""The most characters kept of a text that a client chose."""


class AccessLine(msgspec.Struct, omit_defaults=True, gc=False):
    """The one line of a request."""

    timestamp: datetime
    level: str
    target: str
    message: str
    request_id: str
    method: str
    endpoint: str
    path: str
    status: int
    duration_ms: float
    bytes: int
    client: str
    trace_id: str | None = None
    subject: str | None = None


Line = AccessLine | dict[str, Any]
"""A mapping begins with the keys timestamp (an aware datetime), level, target and message."""


class Format(Protocol):
    """Gives lines their bytes; never raises."""

    def __call__(self, line: Line) -> bytes:
        """The bytes of one line, without the line feed."""
        ...

    def many(self, lines: Sequence[Line | str]) -> bytes:
        """The bytes of all lines, each with its line feed; a text is the whole line already."""
        ...


_UNSAFE = "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
_PLAIN = r"[A-Za-z0-9_./:@+{}-]+"
_DELETE = 0x7F
_INT64, _UINT64 = -(2**63), 2**64
_RESET, _DIM = "\x1b[0m", "\x1b[2m"
_COLOURS = {
    Level.ERROR.name: "\x1b[31m",
    Level.WARN.name: "\x1b[33m",
    Level.INFO.name: "\x1b[32m",
    Level.DEBUG.name: "\x1b[34m",
    Level.TRACE.name: "\x1b[35m",
}


class JsonFormat:
    """One JSON object a line (RFC 8259), timestamps as RFC 3339 in UTC."""

    def __init__(self) -> None:
        self._encode = msgspec.json.Encoder(enc_hook=str).encode

    def __call__(self, line: Line) -> bytes:
        """The format's port."""
        try:
            text = self._encode(line)
        except Exception:  # noqa: BLE001 - a line whose values cannot be encoded is written as text
            text = self._encode(_encodable(line))
        # JSON escapes C0 alone. Bytes outside ASCII are rare enough to look closer only then.
        if text.isascii() and _DELETE not in text:
            return text
        return _escaped(text.decode()).encode()

    def many(self, lines: Sequence[Line | str]) -> bytes:
        """The format's port."""
        return _joined(self, lines)


class TextFormat:
    """Time, level, target, message, then `key=value`; a stack trace follows, indented."""

    def __init__(self, *, colour: bool) -> None:
        self._colour = colour

    def __call__(self, line: Line) -> bytes:
        """The format's port."""
        fields = _fields(line)
        timestamp, level = fields.pop("timestamp"), str(fields.pop("level"))
        target, message = str(fields.pop("target")), str(fields.pop("message"))
        stack = str(fields.pop("stack", ""))
        parts = [
            self._painted(_DIM, f"{timestamp:%H:%M:%S.%f}"[:-3]),
            self._painted(_COLOURS.get(level, ""), f"{level:5}"),
            self._painted(_DIM, _escaped(target)),
            _escaped(message),
            *(f"{self._painted(_DIM, name + '=')}{_value(value)}" for name, value in fields.items()),
        ]
        # Indented, so that no text inside an exception can pass for a line of the log.
        traced = [f"    {_escaped(text)}" for text in stack.splitlines()]
        return "\n".join([" ".join(parts), *traced]).encode("utf-8", "backslashreplace")

    def many(self, lines: Sequence[Line | str]) -> bytes:
        """The format's port."""
        return _joined(self, lines)

    def _painted(self, colour: str, text: str) -> str:
        return f"{colour}{text}{_RESET}" if self._colour else text


def _joined(format_line: Format, lines: Sequence[Line | str]) -> bytes:
    encoded = [each.encode() if isinstance(each, str) else format_line(each) for each in lines]
    return b"\n".join([*encoded, b""])


def _fields(line: Line) -> dict[str, Any]:
    if isinstance(line, dict):
        return dict(line)
    return {name: value for name, value in msgspec.structs.asdict(line).items() if value is not None}


def _value(value: object) -> str:
    text = str(value)
    if re.fullmatch(_PLAIN, text):
        return text
    return '"' + _escaped(text.replace("\\", r"\\").replace('"', r"\"")) + '"'


def _escaped(text: str) -> str:
    return text if text.isascii() and text.isprintable() else re.sub(_UNSAFE, _escape, text)


def _escape(found: re.Match[str]) -> str:
    return {"\n": r"\n", "\r": r"\r", "\t": r"\t"}.get(found[0], f"\\u{ord(found[0]):04x}")


def _encodable(line: Line) -> Mapping[str, Any]:
    """`line` with everything in it that JSON or UTF-8 cannot hold turned into text that they can."""
    return {name: _encodable_value(value) for name, value in _fields(line).items()}


def _encodable_value(value: object) -> object:
    match value:
        case None | bool() | float() | datetime():
            return value
        case int() if _INT64 <= value < _UINT64:
            return value
        case _:
            return _text(value).encode("utf-8", "backslashreplace").decode()


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - a value whose __str__ fails must not cost us the line
        return f"<{type(value).__name__}>"
