"""Exposition: what scrapers ask for, they get, and they can read it."""

import math
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estuary.core.ports import Exposition as ExpositionPort
from estuary.telemetry.exposition import A_SECOND, IN_A_ROW, OPENMETRICS, TEXT, Exposition, number
from estuary.telemetry.registry import Family, Registry, Sample
from tests.unit.telemetry.clocks import HandClock
from tests.unit.telemetry.scrapes import parse_openmetrics, parse_text


def exposition(*families: Family) -> Exposition:
    """An exposition of the given families."""

    def collect() -> Iterable[Family]:
        return families

    return Exposition(collect)


@pytest.mark.parametrize(
    ("openmetrics", "expected"), [(False, (TEXT, b"")), (True, (OPENMETRICS, b"# EOF\n"))]
)
def test_the_content_type_is_the_format_s(openmetrics: bool, expected: tuple[str, bytes]) -> None:
    """Each format under its own name."""
    port: ExpositionPort = exposition()
    assert expected == port.render(openmetrics=openmetrics)


def test_a_flood_of_scrapes_is_read_at_a_bounded_rate() -> None:
    """Metrics are read so many times in a row and a second; in between, what was read last is served."""
    clock, reads = HandClock(), [0]

    def collect() -> Iterable[Family]:
        reads[0] += 1
        return [Family("reads", "gauge", "Reads.", [Sample("", (), float(reads[0]))])]

    port = Exposition(collect, clock.monotonic)
    for _ in range(1000):
        port.render(openmetrics=False)
    assert IN_A_ROW == reads[0]
    for _ in range(1000):
        clock.seconds += 0.01
        port.render(openmetrics=False)
    assert reads[0] == pytest.approx(IN_A_ROW + 10 * A_SECOND, abs=2)
    clock.seconds += 15
    assert b"reads %d\n" % (reads[0] + 1) in port.render(openmetrics=False)[1]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, "0"),
        (17, "17"),
        (-3.0, "-3"),
        (0.25, "0.25"),
        (1e-05, "1e-05"),
        (2.0**60, "1.152921504606847e+18"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
        (math.nan, "NaN"),
    ],
)
def test_numbers_are_written_as_both_formats_read_them(value: float, expected: str) -> None:
    """Whole numbers without a fraction, all others exactly."""
    assert expected == number(value)


@given(value=st.text(st.characters(exclude_categories=["Cs"])))
def test_label_values_survive(value: str) -> None:
    """Any label value parses back from both formats as it was."""
    rendered = exposition(Family("x_total", "counter", "Help.", [Sample("", (("l", value),), 1.0)]))
    (family,) = parse_text(rendered.render(openmetrics=False)[1].decode())
    assert {"l": value} == family.samples[0].labels
    (family,) = parse_openmetrics(rendered.render(openmetrics=True)[1].decode())
    assert {"l": value} == family.samples[0].labels


def test_names_that_are_not_utf8_do_not_break_a_scrape() -> None:
    """A device may have such a name; a replacement stands for what cannot be encoded."""
    rendered = exposition(Family("x", "gauge", "Help.", [Sample("", (("l", "a\udc80"),), 1.0)]))
    assert b'x{l="a?"} 1\n' in rendered.render(openmetrics=False)[1]


def test_help_is_escaped() -> None:
    """A help text is one line; OpenMetrics escapes quotes in it too."""
    rendered = exposition(Family("x", "gauge", 'a\\b\nc"d"', []))
    assert b'# HELP x a\\\\b\\nc"d"\n' in rendered.render(openmetrics=False)[1]
    assert b'# HELP x a\\\\b\\nc\\"d\\"\n' in rendered.render(openmetrics=True)[1]


def test_openmetrics_names_the_family_without_total() -> None:
    """A counter's family has no suffix there, its sample has; and the text ends with EOF."""
    body = exposition(Family("x_total", "counter", "Xs.", [Sample("", (), 1.0)])).render(openmetrics=True)[
        1
    ]
    assert b"# HELP x Xs.\n# TYPE x counter\nx_total 1\n# EOF\n" == body


def test_every_kind_parses_in_both_formats() -> None:
    """Independent parsers read each kind back as what it is."""
    registry = Registry()
    registry.counter("c_total", "C.").series().inc()
    registry.gauge("g", "G.").series().set(1.5)
    registry.histogram("h", "H.", "who", bounds=(0.00001, 1.0)).series("me").observe(0.5)
    rendered = Exposition(registry.collect)
    expected = [("c", "counter", 1), ("g", "gauge", 1), ("h", "histogram", 5)]
    plain = parse_text(rendered.render(openmetrics=False)[1].decode())
    assert expected == [(family.name, family.type, len(family.samples)) for family in plain]
    openmetrics = parse_openmetrics(rendered.render(openmetrics=True)[1].decode())
    assert expected == [(family.name, family.type, len(family.samples)) for family in openmetrics]
