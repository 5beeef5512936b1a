"""Exposition: what scrapers ask for, they get, and they can read it."""

import math
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estuary.core.ports import Exposition as ExpositionPort
from estuary.telemetry.exposition import OPENMETRICS, TEXT, Exposition, number, prefers_openmetrics
from estuary.telemetry.registry import Family, Registry, Sample
from tests.unit.telemetry.scrapes import parse_openmetrics, parse_text

PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=1.0.0;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
OM = "application/openmetrics-text"


def exposition(*families: Family) -> Exposition:
    """An exposition of the given families."""

    def collect() -> Iterable[Family]:
        return families

    return Exposition(collect)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", False),
        ("*/*", False),
        ("text/plain", False),
        (PROMETHEUS_2, True),
        (PROMETHEUS_3, True),
        (OM, True),
        (OM.upper(), True),
        (f"{OM}; version=1.0.0", True),
        (f'{OM}; version="1.0.0"', True),
        (f"{OM}; version=2.0.0", False),
        (f"{OM}, */*", True),
        (f"{OM};q=0.2, text/plain;q=0.3", False),
        (f"{OM};q=0.2, text/*;q=0.3", False),
        (f"{OM};q=0.2, text/plain;q=0.1, */*;q=0.9", True),
        (f"{OM};q=0", False),
        (f"{OM};q=nonsense", False),
        (f"{OM};q=nan", False),
        (f"{OM};q=7", False),
        (";;,,=;q", False),
    ],
)
def test_openmetrics_is_for_those_who_prefer_it(accept: str, expected: bool) -> None:
    """Named explicitly and at no lower quality than plain text; everybody else gets plain text."""
    assert expected == prefers_openmetrics(accept)


@given(st.text())
def test_no_accept_header_breaks_a_scrape(accept: str) -> None:
    """Whatever a client sends in Accept, it gets one of the two formats."""
    port: ExpositionPort = exposition()
    assert port.render(accept) in [(TEXT, b""), (OPENMETRICS, b"# EOF\n")]


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
    (family,) = parse_text(rendered.render("")[1].decode())
    assert {"l": value} == family.samples[0].labels
    (family,) = parse_openmetrics(rendered.render(OM)[1].decode())
    assert {"l": value} == family.samples[0].labels


def test_names_that_are_not_utf8_do_not_break_a_scrape() -> None:
    """A device may have such a name; a replacement stands for what cannot be encoded."""
    rendered = exposition(Family("x", "gauge", "Help.", [Sample("", (("l", "a\udc80"),), 1.0)]))
    assert b'x{l="a?"} 1\n' in rendered.render("")[1]


def test_help_is_escaped() -> None:
    """A help text is one line; OpenMetrics escapes quotes in it too."""
    rendered = exposition(Family("x", "gauge", 'a\\b\nc"d"', []))
    assert b'# HELP x a\\\\b\\nc"d"\n' in rendered.render("")[1]
    assert b'# HELP x a\\\\b\\nc\\"d\\"\n' in rendered.render(OM)[1]


def test_openmetrics_names_the_family_without_total() -> None:
    """A counter's family has no suffix there, its sample has; and the text ends with EOF."""
    body = exposition(Family("x_total", "counter", "Xs.", [Sample("", (), 1.0)])).render(OM)[1]
    assert b"# HELP x Xs.\n# TYPE x counter\nx_total 1\n# EOF\n" == body


def test_every_kind_parses_in_both_formats() -> None:
    """Independent parsers read each kind back as what it is."""
    registry = Registry()
    registry.counter("c_total", "C.").series().inc()
    registry.gauge("g", "G.").series().set(1.5)
    registry.histogram("h", "H.", "who", bounds=(0.00001, 1.0)).series("me").observe(0.5)
    rendered = Exposition(registry.collect)
    expected = [("c", "counter", 1), ("g", "gauge", 1), ("h", "histogram", 5)]
    plain = parse_text(rendered.render("")[1].decode())
    assert expected == [(family.name, family.type, len(family.samples)) for family in plain]
    openmetrics = parse_openmetrics(rendered.render(OM)[1].decode())
    assert expected == [(family.name, family.type, len(family.samples)) for family in openmetrics]
