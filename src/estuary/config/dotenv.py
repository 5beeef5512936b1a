r"""The syntax of `.env` files.

A line is `NAME=value`, may begin with `export`, and is skipped when blank or a comment. In single quotes
a value is taken as it stands; in double quotes `\n`, `\r`, `\t`, `\"`, `\$` and `\\` are escapes; without
quotes it ends before a blank and `#`. Nothing is interpolated. A line that cannot be read is an error: the
usual library, python-dotenv, passes over it with a log message, and would cost more to import than this
whole package.
"""

import re
from typing import NamedTuple

from estuary.config.errors import ConfigurationError, Refused

_LINE = r"(?s)(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=(.*)"
_SINGLE_QUOTED = r"'([^']*)'"
_DOUBLE_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_ESCAPE = r"\\(.)"
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "$": "$", "\\": "\\"}
_REST = r"[ \t]*|[ \t]+#.*"
_COMMENT = r"(?s)[ \t]+#.*"
_BLANKS = " \t\r"


class Entry(NamedTuple):
    """A value and its line number."""

    value: str
    line: int


def parse(content: bytes, file: str = ".env") -> dict[str, Entry]:
    """Parse a file; raises `ConfigurationError` with `file` and each invalid line."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        broken = content.count(b"\n", 0, error.start) + 1
        raise ConfigurationError([f"{file}:{broken}: this is not UTF-8"]) from None
    entries: dict[str, Entry] = {}
    problems: list[str] = []
    for number, line in enumerate(text.split("\n"), start=1):
        try:
            _add(entries, line.strip(_BLANKS), number)
        except Refused as refused:
            problems.append(f"{file}:{number}: {refused.reason}")
    if problems:
        raise ConfigurationError(problems)
    return entries


def _add(entries: dict[str, Entry], line: str, number: int) -> None:
    if not line or line.startswith("#"):
        return
    match = re.fullmatch(_LINE, line)
    if match is None:
        raise Refused("this is neither NAME=value nor a comment")
    name, value = match.groups()
    if name in entries:
        raise Refused(f"{name} is set a second time, after line {entries[name].line}")
    entries[name] = Entry(_value(name, value), number)


def _value(name: str, text: str) -> str:
    """The value in `text`, which is everything after the equals sign."""
    start = text.lstrip(_BLANKS)
    if start.startswith("'"):
        return _quoted(name, start, _SINGLE_QUOTED)
    if start.startswith('"'):
        return _unescaped(name, _quoted(name, start, _DOUBLE_QUOTED))
    return re.sub(_COMMENT, "", text, count=1).strip(_BLANKS)


def _quoted(name: str, text: str, pattern: str) -> str:
    match = re.match(pattern, text)
    if match is None:
        raise Refused(f"the value of {name} opens a quote and does not close it on this line")
    if re.fullmatch(_REST, text[match.end() :]) is None:
        raise Refused(f"something follows the closing quote of {name}")
    return match[1]


def _unescaped(name: str, text: str) -> str:
    def replace(match: re.Match[str]) -> str:
        if match[1] not in _ESCAPES:
            raise Refused(f"the value of {name} has an unknown escape; write \\\\ for a backslash")
        return _ESCAPES[match[1]]

    return re.sub(_ESCAPE, replace, text)
