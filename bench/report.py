"""A run as people and programs read it: tables in Markdown, everything in JSON."""

from collections.abc import Iterator, Sequence

import msgspec

from bench.bounds import Verdict
from bench.machine import Machine
from bench.series import Series, find, ratio


class Topic(msgspec.Struct, frozen=True):
    """A question with its answer."""

    name: str
    title: str
    base: str
    series: tuple[Series, ...]


class Report(msgspec.Struct, frozen=True):
    """One whole run. `finished` is in UTC; `settings` says how thorough it was."""

    finished: str
    commit: str
    machine: Machine
    versions: dict[str, str]
    settings: dict[str, int]
    topics: tuple[Topic, ...]
    verdicts: tuple[Verdict, ...]


def markdown(report: Report, picture: str | None = None) -> str:
    """The run as a page; `picture` is the address of its chart."""
    machine = report.machine
    versions = ", ".join(f"{name} {text}" for name, text in report.versions.items())
    head = [
        f"# Benchmark of {report.finished}",
        "",
        (
            f"{machine.processor}, {machine.cores} cores, {machine.memory_gib:g} GiB, {machine.system}, "
            f"{machine.filesystem}; load average before the run {machine.load_average:g}."
        ),
        f"Commit {report.commit}. {versions}.",
        (
            f"{report.settings['rounds']} rounds of {report.settings['seconds']} s, interleaved; "
            f"{report.settings['connections']} kept-alive connections; server and load on a core each."
        ),
    ]
    parts = ["\n".join(head)]
    if picture is not None:
        parts.append(f"![Chart of the run]({picture})")
    parts += [f"## {topic.title}\n\n{table(topic)}" for topic in report.topics]
    if report.verdicts:
        parts.append(f"## What must hold\n\n{verdict_table(report.verdicts)}")
    return "\n\n".join(parts) + "\n"


def table(topic: Topic) -> str:
    """One question's figures: median, spread over the rounds, ratio to its base, 99th percentile."""
    with_latency = any(series.latencies for series in topic.series)
    header = ["", _unit(topic), "spread", "ratio", *(["p99 ms"] if with_latency else [])]
    return _grid(header, [list(_row(topic, series, with_latency)) for series in topic.series])


def verdict_table(verdicts: Sequence[Verdict]) -> str:
    """Promise, bound, measured, holds."""
    rows = [
        [
            verdict.promise,
            verdict.bound,
            "-" if verdict.measured is None else number(verdict.measured),
            "yes" if verdict.holds else "**no**",
        ]
        for verdict in verdicts
    ]
    return _grid(["promise", "bound", "measured", "holds"], rows)


def number(value: float) -> str:
    """A figure with three digits that matter, and thousands set apart."""
    if value >= 100:
        return f"{value:,.0f}"
    decimals = 1 if value >= 10 else 2 if value >= 0.1 else 4
    return f"{value:.{decimals}f}"


def relative(topic: Topic, series: Series) -> str:
    """The series' ratio to the topic's base, or nothing where the base was not measured."""
    base = find(topic.series, topic.name, topic.base)
    return "" if base is None else f"{number(ratio(series, base))}x"


def _row(topic: Topic, series: Series, with_latency: bool) -> Iterator[str]:
    yield series.label
    yield number(series.median)
    yield f"{series.spread:.0%}"
    yield relative(topic, series)
    if with_latency:
        yield "" if series.p99 is None else number(series.p99 / 1000)


def _unit(topic: Topic) -> str:
    return topic.series[0].unit if topic.series else ""


def _grid(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table that also reads well on a terminal: first column left, the others right."""
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(_line(row, widths) for row in (header, rule, *rows))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    texts = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
    return f"| {' | '.join(texts)} |"
