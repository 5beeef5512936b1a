"""Negotiation: what `Accept` says, as RFC 9110 (12.5.1) has it, at a bounded cost."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estuary.http.header_fields import Fields
from estuary.http.negotiation import Accept, Offer, accepted

JSON, PROBLEM = Offer("application", "json"), Offer("application", "problem+json")
OPENMETRICS = Offer("application", "openmetrics-text", ("0.0.1", "1.0.0"))
PLAIN = Offer("text", "plain")
OM, PR = "application/openmetrics-text", "application/problem+json"
PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=1.0.0;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)


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
        (f"{OM}; version=1.0.0; q=0, {OM}", False),
        (f"{OM}, */*", True),
        (f"{OM};q=0.2, text/plain;q=0.3", False),
        (f"{OM};q=0.2, text/*;q=0.3", False),
        (f"{OM};q=0.2, text/plain;q=0.1, */*;q=0.9", True),
        (f"{OM};q=0", False),
        (f"{OM};q=nonsense", False),
        (f"{OM};q=nan", False),
        (f"{OM};q=7", False),
        (";;,,=;q", False),
        ("text/plain;q=0, */*;q=0.1", True),
        ("text/*;q=0, */*;q=0.1", True),
        ("text/plain;q=0", False),
    ],
)
def test_openmetrics_is_for_those_who_prefer_it(accept: str, expected: bool) -> None:
    """Named explicitly and at no lower quality than plain text, or left where that is refused.

    Everybody else gets plain text.
    """
    assert expected == Accept(accept).prefers(OPENMETRICS, PLAIN)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (PR, True),
        ("Application/Problem+JSON", True),
        (f"{PR};charset=utf-8", True),
        (f"application/json, {PR}", True),
        (f"{PR} ; Q=0.5 , application/json ; q=0.4", True),
        (f'text/html;title="a,b;q=1", {PR};q=0.3', True),
        (f",, ,{PR}", True),
        (f"{PR};q=0", False),
        (f"{PR};q=0.000", False),
        (f"{PR};q=0.5, application/json", False),
        (f"{PR};q=0.5, */*;q=0.8", False),
        (f"{PR};q=0.5, application/*;q=0.8", False),
        (f'text/html;title="{PR}"', False),
        (f"x-{PR}", False),
        ("application/*", False),
        ("*/*", False),
        ("application/json", False),
        ("application/json;q=0, */*", True),
        ("application/json;q=0, application/*;q=0.1", True),
        (f"application/json;q=0, {PR};q=0, */*", False),
        ("application/json;q=0", False),
        ("*/*;q=0", False),
        ("text/html", False),
    ],
)
def test_problem_details_are_for_those_who_ask_for_them(accept: str, expected: bool) -> None:
    """A weight of 0 refuses, case does not matter, and text that only looks like it is something else."""
    assert expected == Accept(accept).prefers(PROBLEM, JSON)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", 1.0),
        ("garbage", 1.0),
        ("*/*;q=0.3", 0.3),
        ("*/*, application/*;q=0.4", 0.4),
        ("*/*, application/*;q=0.4, application/json;q=0", 0.0),
        ("application/json;q=0.2, application/json;q=0.6", 0.6),
        ("text/html", 0.0),
    ],
)
def test_the_closest_range_decides(accept: str, expected: float) -> None:
    """RFC 9110, 12.5.1: type and subtype before the type alone, and that before anything at all."""
    assert expected == Accept(accept).quality(JSON)


def test_all_lines_of_the_field_count() -> None:
    """They are one list (RFC 9110, 5.3), whatever stands in the first."""
    fields = Fields()
    fields.add(b"Accept", b"text/html")
    fields.add(b"Accept", b"application/problem+json")
    assert accepted(fields).prefers(PROBLEM, JSON)


@given(st.text() | st.from_regex(re.compile(r"([a-z*]{1,3}/[a-z*]{1,3}(;q=[0-9.]{1,4})?[,; \"]?){0,8}")))
def test_whatever_is_sent_can_be_read(accept: str) -> None:
    """Every text has its ranges, perhaps none, with weights from 0 to 1."""
    read = Accept(accept)
    assert all(0.0 <= each.quality <= 1.0 for each in read.ranges)
    assert 0.0 <= read.quality(JSON) <= 1.0


@pytest.mark.parametrize("unit", [",", "a/b,", "a/b;", 'a/b;c="', "/,", "a", " ", '\\"'])
def test_no_field_is_read_without_end(unit: str) -> None:
    """Of 16 KB no more than 64 ranges are read."""
    assert len(Accept(unit * (16_384 // len(unit))).ranges) <= 64
