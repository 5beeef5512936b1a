"""Reports of the evaluated checklist, as text and as JSON."""

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from estuary.config.checklist.evaluation import Line
from estuary.config.checklist.finding import Status


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


def as_text(lines: Sequence[Line]) -> str:
    """A line for each item, with its correction beneath, and a summary."""
    return "\n".join(_text(lines))


def _text(lines: Sequence[Line]) -> Iterator[str]:
    width = max(len(line.item.name) for line in lines)
    for item, finding in lines:
        yield f"{finding.status.value.upper():4}  {item.name:{width}}  {finding.reason}"
        if finding.mend:
            yield f"{'':{width + 8}}-> {finding.mend}"
    counts = Counter(line.finding.status for line in lines)
    yield ", ".join(f"{counts[status]} {status.value}" for status in Status)
