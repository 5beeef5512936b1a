"""Reports of the evaluated checklist, as text and as JSON."""

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from estuary.config.checklist.evaluation import Line
from estuary.config.checklist.finding import Status

_NARROWEST = 30
"""Columns for reasons, also where a terminal is too narrow for them."""


class _Check(msgspec.Struct):
    """One item of the JSON report."""

    name: str
    demand: str
    status: Status
    reason: str
    mend: str


class _Report(msgspec.Struct):
    """The JSON report: the worst status, and all items in their order."""

    status: Status
    checks: list[_Check]


def verdict(lines: Sequence[Line]) -> Status:
    """FAIL if an item fails, else WARN if one warns, else PASS."""
    found = {line.finding.status for line in lines}
    return next((status for status in (Status.FAIL, Status.WARN) if status in found), Status.PASS)


def as_json(lines: Sequence[Line]) -> str:
    """The report as an indented JSON document, for `check --deploy --format json`."""
    checks = [_Check(item.name, item.demand, *msgspec.structs.astuple(finding)) for item, finding in lines]
    document = msgspec.json.encode(_Report(verdict(lines), checks))
    return msgspec.json.format(document, indent=2).decode()


def as_text(lines: Sequence[Line], width: int | None) -> str:
    """A line for each item, with its correction beneath, and a summary; wrapped to `width` columns."""
    return "\n".join(_text(lines, width))


def _text(lines: Sequence[Line], width: int | None) -> Iterator[str]:
    room = max(len(line.item.name) for line in lines)
    for item, finding in lines:
        yield from _wrapped(
            f"{finding.status.value.upper():4}  {item.name:{room}}  ", finding.reason, width
        )
        if finding.mend:
            yield from _wrapped(f"{'':{room + 8}}-> ", finding.mend, width)
    counts = Counter(line.finding.status for line in lines)
    yield ", ".join(f"{counts[status]} {status.value}" for status in Status)


def _wrapped(head: str, text: str, width: int | None) -> Iterator[str]:
    """`text` beside `head`, and below itself; words are not broken, for they may be addresses."""
    if width is None:
        yield head + text
        return
    room = max(_NARROWEST, width - len(head))
    lines = textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False)
    for number, line in enumerate(lines):
        yield (head if number == 0 else " " * len(head)) + line
