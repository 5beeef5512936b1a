"""Widths of texts at a terminal, which shows some characters in two columns, and others in none."""

from collections.abc import Iterator
from unicodedata import category, east_asian_width

_WIDE = frozenset("WF")
"""Wide and full width (Unicode Standard Annex 11)."""
_WITHOUT_WIDTH = frozenset({"Mn", "Me", "Cf"})
"""Marks above and around others, and what is never shown."""


def width_of(text: str) -> int:
    """The columns that a terminal needs for `text`."""
    return len(text) if text.isascii() else sum(map(_width, text))


def padded(text: str, width: int) -> str:
    """`text` with blanks behind it up to `width` columns."""
    return text + " " * (width - width_of(text))


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most `width` columns: broken at blanks, and else anywhere; `width` is 2 or more."""
    lines = [""]
    for word in text.split():
        if lines[-1] and width_of(lines[-1]) + 1 + width_of(word) <= width:
            lines[-1] += f" {word}"
            continue
        if lines[-1] and width_of(word) <= width:
            lines.append("")
        lines[-1:] = _filled(lines[-1], word, width)
    return lines


def _filled(line: str, word: str, width: int) -> Iterator[str]:
    """`line` with as much of a word as it has room for, and the rest on further lines."""
    if line and width_of(line) + 1 + _width(word[0]) <= width:
        line += " "
    elif line:
        yield line
        line = ""
    for character in word:
        if width_of(line) + _width(character) > width:
            yield line
            line = ""
        line += character
    yield line


def _width(character: str) -> int:
    if category(character) in _WITHOUT_WIDTH:
        return 0
    return 2 if east_asian_width(character) in _WIDE else 1
