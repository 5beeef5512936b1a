"""What is told of values that have the wrong type: msgspec's words in those that clients know."""

import re
from typing import Any

import msgspec

from estuary.core.errors import Violation

_PATH = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_MISSING = re.compile(r"missing required field `(?P<field>\w+)`")
_EXPECTED = re.compile(r"Expected `(?P<expected>[^`]+)`, got `(?P<got>[^`]+)`")

_NO_TIME = "Invalid RFC3339 encoded datetime"
_TIME = "must be a time as RFC 3339 writes it, with its offset: 2026-01-31T09:00:00Z"
_BEYOND = "is a number beyond all bounds"
_SENTENCES = {
    _NO_TIME: _TIME,
    "Expected `datetime` with a timezone component": _TIME,
    "Integer value out of range": _BEYOND,
    "Number out of range": _BEYOND,
}
_OFFSET = r"(?:[Zz]|[+-]\d\d:?\d\d)"
_UNKEPT_TIMES = (
    (
        re.compile(rf"\d{{4}}-\d\d-\d\d[Tt ]\d\d:\d\d:60(?:\.\d+)?{_OFFSET}", re.ASCII),
        "must not be a leap second: the seconds of a minute are 00 to 59",
    ),
    (
        re.compile(rf"9999-12-31[Tt ]23:59:59\.9{{6}}\d+{_OFFSET}", re.ASCII),
        "must be at most 9999-12-31T23:59:59.999999Z: six digits of a second's fraction are kept",
    ),
    (
        re.compile(rf"0000-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?{_OFFSET}", re.ASCII),
        "must be at least 0001-01-01T00:00:00Z",
    ),
)
"""Times as RFC 3339 writes them of which Python knows nothing, and what is told of each."""

_WORDS = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "datetime": "a time",
}


def violations(message: str, given: msgspec.Struct | None = None) -> tuple[Violation, ...]:
    """What msgspec's `message` says is wrong; `given` holds what came as each field, as `msgspec.Raw`."""
    path = _PATH.search(message)
    field = path["path"] if path else ""
    missing = _MISSING.search(message)
    if missing:
        return (Violation(missing["field"], "is required", "required"),)
    said = message[: path.start()] if path else message
    if said == _NO_TIME:
        unkept = _unkept_time(_text(getattr(given, field, None)))
        if unkept is not None:
            return (Violation(field, unkept, "range"),)
    return (Violation(field or "body", _SENTENCES.get(said) or _sentence(said), "type"),)


def _sentence(said: str) -> str:
    expected = _EXPECTED.search(said)
    if expected is None:
        return "has the wrong type"
    kinds = [kind.strip() for kind in expected["expected"].split("|")]
    # Whole numbers are taken as floats too, for 2.0 is one; what is wanted is a whole number all the same.
    wanted = [kind for kind in kinds if kind != "null" and not (kind == "float" and "int" in kinds)]
    return f"must be {' or '.join(_WORDS.get(kind, kind) for kind in wanted)}"


def _text(raw: Any) -> str:
    """The text that `raw` is as JSON; nothing where it is none."""
    if not isinstance(raw, msgspec.Raw):
        return ""
    try:
        return msgspec.json.decode(raw, type=str)
    except msgspec.DecodeError:
        return ""


def _unkept_time(text: str) -> str | None:
    return next((told for form, told in _UNKEPT_TIMES if form.fullmatch(text)), None)
