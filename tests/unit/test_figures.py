"""What documents say of speed and memory is what the latest run of the bench measured."""

import re
from math import inf
from pathlib import Path
from typing import NamedTuple

import pytest

from bench import capacity
from bench.bounds import Figure, difference_of, median_of, ratio_of
from bench.instructions import REACHED

ROOT = Path(__file__).parents[2]
DOCUMENTS = ("README.md", *(str(path.relative_to(ROOT)) for path in sorted(ROOT.glob("docs/**/*.md"))))

FIGURE = re.compile(
    r"""
      \d[\d,.]*\ (?:\w+\ ){0,2}(?:a|per)\ second\b | \d/s\b                 # a rate
    | \d[\d.]*\ (?:µs|ms)\b                                                 # a time
    | \b[Ii]dles?\b[^.|]{0,30}\ \d[\d.]*                                    # memory at rest
    | \b(?:half|twice|third|quarter|an?\ \w+th|[\w.]+\ times)\ (?:as|of|the)\b[^.|]{0,30}
      \b(?:fast|long|many|much|operations|reads|requests?|slow|speed|throughput|time)\b
    | \b(?:reads?|requests?|throughput)\b[^.|]{0,20}\ [\d.]+\ of\b       # a comparison
    | \d[\d,.]*\ against\ \d[\d,.]*
    """,
    re.VERBOSE,
)
"""How a document speaks of speed and of memory, in figures or in words."""
LEFT_OUT = re.compile(
    # The table for operators, which the bench writes and tests/unit/bench compares; and blocks of code.
    rf"{re.escape(capacity.BEGIN)}.*?{re.escape(capacity.END)}|^```.*?^```$",
    re.MULTILINE | re.DOTALL,
)


class Quoted(NamedTuple):
    """Words of a document, and the bounds between which they are true of what was measured."""

    document: str
    words: str
    figure: Figure
    least: float
    most: float


QUOTED = (
    Quoted("README.md", "is slower; the results show", ratio_of("read", "source", "memory"), 0, 0.9),
    Quoted("docs/caching.md", "takes some 10 µs", difference_of("read", "sqlite", "memory"), 5, 15),
    Quoted(
        "docs/dependencies.md",
        "costs more than all that Estuary does for a read",
        ratio_of("read", "memory", "rsgi"),
        1,
        inf,
    ),
    Quoted("docs/deploy/container.md", "Idle less than 80 MiB", median_of("footprint", "sqlite"), 0, 80),
    Quoted("docs/deployment.md", "faster than the source", ratio_of("read", "memory", "source"), 1.1, inf),
    Quoted("docs/operations.md", "idles on less than 80 MiB", median_of("footprint", "sqlite"), 0, 80),
    Quoted(
        "docs/rate-limits.md",
        "throughput is 0.9 to 1 times",
        ratio_of("limits", "redis", "local"),
        0.85,
        1.05,
    ),
)

NOT_ASKED: dict[str, tuple[str, ...]] = {
    "docs/architecture.md": ("20 to 70 ms after it",),
    # What importing a library costs, and how each was chosen; the page says on what that was measured.
    "docs/dependencies.md": (
        r"[\d.]+ ms(?:,| and) [\d.]+ MB",
        "UUID version 7 in 0.3 µs",
        "4 to 8 µs",
        "half as fast in reading",
        "half of the operations per second",
        "38,864 decisions a second",
        "five times as long a call",
        "half of the requests per second of Granian",
        "11 µs a line",
        "90 and 300 ms",
        "takes half the time",
    ),
    # Instances there are on PostgreSQL, whose memory the bench does not ask for.
    "docs/deploy/azure.md": ("idles on 60 MB",),
    "docs/deploy/cloudrun.md": ("idles on 60",),
    "docs/deploy/ecs.md": ("idles on 60 MB",),
    "docs/monitoring.md": ("a tenth of the requests are answered 429", "1,000 a second it fires"),
    # Of the recordings that the page shows.
    "docs/hooks.md": ("takes more than 50 ms is logged",),
    "docs/profiling.md": ("half of its speed", "five times as long"),
    "docs/rate-limits.md": ("0.4 µs; shared 2.6 µs", "one client takes 0.7 ms"),
    "docs/security-checklist.md": ("100 requests a second",),
    "docs/security.md": ("25 times a second", "a 2 MiB body costs 4 to 40 ms"),
}
"""Limits, and figures of what no question of the bench measures; each is a pattern in a document."""


def words_of(document: str) -> str:
    """What the document says, with a blank between words wherever its lines end."""
    return " ".join(LEFT_OUT.sub("", (ROOT / document).read_text()).split())


def unchecked(text: str, known: list[str]) -> list[str]:
    """The figures in `text` that are no part of what is `known`."""
    spans = [match.span() for pattern in known for match in re.finditer(pattern, text)]
    return [
        found[0]
        for found in FIGURE.finditer(text)
        if not any(start < found.end() and found.start() < end for start, end in spans)
    ]


@pytest.mark.parametrize("quoted", QUOTED, ids=lambda quoted: f"{quoted.document}: {quoted.words}")
def test_what_is_quoted_is_what_was_measured(quoted: Quoted) -> None:
    """A figure in a document is that of the latest run; where a new run differs, the document follows."""
    assert quoted.words in words_of(quoted.document)
    measured = quoted.figure([each for topic in capacity.latest().topics for each in topic.series])
    assert measured is not None
    assert quoted.least <= measured <= quoted.most


def test_what_hooks_cost_is_what_was_reached() -> None:
    """The instructions that the guide to hooks names are those to which a test holds the service."""
    words = words_of("docs/hooks.md")
    create, create_hooked, patch, patch_hooked = (
        f"{REACHED[f'memory-{name}'].instructions:,}"
        for name in ("create", "create-hooked", "patch", "patch-hooked")
    )
    assert f"spends {create_hooked} instructions on a create in memory" in words
    assert f"and {create} on one without; on a merge patch {patch_hooked} and {patch}," in words


@pytest.mark.parametrize("document", DOCUMENTS)
def test_no_figure_of_speed_is_unchecked(document: str) -> None:
    """Each is held to the bench by a line of `QUOTED`, or is one that the bench does not measure."""
    quoted = [re.escape(each.words) for each in QUOTED if document == each.document]
    assert [] == unchecked(words_of(document), [*quoted, *NOT_ASKED.get(document, ())])


@pytest.mark.parametrize("document", NOT_ASKED)
def test_no_exception_outlives_its_figure(document: str) -> None:
    """What is left unchecked is there to be read."""
    text = words_of(document)
    assert [] == [pattern for pattern in NOT_ASKED[document] if not re.search(pattern, text)]


@pytest.mark.parametrize(
    "text",
    [
        "the same at about half the speed",
        "a bare service answers 168,000 requests a second",
        "on one core (77,000 against 168,000)",
        "reads 10,600/s",
        "three times as many requests",
        "a read takes 7.5 µs",
        "it idles on 75 MiB",
        "throughput is 0.8 of it",
    ],
)
def test_figures_are_recognised(text: str) -> None:
    """In the forms in which documents had figures that no longer held."""
    assert [] != unchecked(text, [])
