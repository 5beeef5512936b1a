"""What keyword arguments say of a query, in a URL and in a body."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from estuary.client.conditions import all_of, and_, compared, not_, or_

ID = "01a20ae4-aaec-7239-acf3-5c06e8eab230"


@pytest.mark.parametrize(
    ("message", "value", "parameters"),
    [
        ("binding", "paper", [("binding", "paper")]),
        ("pages__gte", 100, [("pages.gte", "100")]),
        ("title__contains", 'a+b "c"', [("title.contains", 'a+b "c"')]),
        ("in_print", True, [("in_print", "true")]),
        ("price__lt", Decimal("12.30"), [("price.lt", "12.30")]),
        ("price", Decimal("1E-7"), [("price", "0.0000001")]),
        ("weight", 0.5, [("weight", "0.5")]),
        ("edition", UUID(ID), [("edition", ID)]),
        ("sold_at__gt", datetime(2026, 1, 31, 9, tzinfo=UTC), [("sold_at.gt", "2026-01-31T09:00:00Z")]),
        ("binding__in", ["paper", "a,b"], [("binding.in", "paper"), ("binding.in", "a,b")]),
        ("pages__in", range(2), [("pages.in", "0"), ("pages.in", "1")]),
        ("note", None, [("note.null", "true")]),
        ("note__ne", None, [("note.null", "false")]),
        ("limit", 5, [("limit.eq", "5")]),
        ("made_by", "x", [("made_by", "x")]),
    ],
)
def test_a_comparison_in_a_url(message: str, value: Any, parameters: list[tuple[str, str]]) -> None:
    """By the field's name and the operator, the value as itself; a field is never taken for a parameter."""
    (comparison,) = compared({message: value})
    assert parameters == comparison.parameters


@pytest.mark.parametrize(
    ("message", "value"),
    [("binding__in", []), ("binding__in", "paper"), ("pages__in", 5), ("pages__gte", None)],
)
def test_what_would_mean_something_else_is_refused(message: str, value: Any) -> None:
    """An empty list would leave the condition out; a text is no list of its letters."""
    with pytest.raises(ValueError, match=f"^{message}: "):
        compared({message: value})


def test_conditions_are_combined() -> None:
    """Several together hold all, but within `or_`."""
    either = or_(not_(binding="cloth", pages=3), pages__gte=600, tags__has="sea")
    assert {
        "or": [
            {"not": {"binding": {"eq": "cloth"}, "pages": {"eq": 3}}},
            {"pages": {"gte": 600}},
            {"tags": {"has": "sea"}},
        ]
    } == either.body


def test_no_condition_is_lost_where_several_are_about_one_thing() -> None:
    """Each name stands once in an object: what is left over is joined by `and`."""
    low, high = compared({"pages__gte": 1}), compared({"pages__gte": 2, "pages__lt": 9})
    either, other = or_(pages=1), or_(pages=2)
    assert {
        "pages": {"gte": 1, "lt": 9},
        "or": [{"pages": {"eq": 1}}],
        "and": [{"pages": {"gte": 2}}, {"or": [{"pages": {"eq": 2}}]}],
    } == all_of([*low, *high, either, other])
    inner = and_(or_(a=1), or_(a=2))
    assert {"or": [{"a": {"eq": 1}}], "and": [{"or": [{"a": {"eq": 2}}]}]} == inner.body
    assert {"and": [inner.body]} == all_of([inner])


def test_a_condition_stays_as_it_is() -> None:
    """It can be used again, in another query."""
    condition = and_(pages__gte=1)
    assert {"pages": {"gte": 1, "lt": 9}} == all_of([condition, *compared({"pages__lt": 9})])
    assert {"pages": {"gte": 1}} == condition.body


@pytest.mark.parametrize("combine", [or_, and_, not_])
def test_nothing_cannot_be_combined(combine: Any) -> None:
    """It would mean everything, or nothing."""
    with pytest.raises(ValueError, match="need a condition"):
        combine()
