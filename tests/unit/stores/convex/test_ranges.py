"""Ranges of Convex's indexes: where what a list query asks for begins and ends."""

from datetime import UTC, datetime
from typing import Any

import pytest

from estuary.core.queries.conditions import Comparison, Operator, SortKey
from estuary.core.queries.indexes import ascending, demand_of, serving, sort_key
from estuary.core.queries.query import ListQuery, SortedPosition
from estuary.core.record import Position
from estuary.stores.convex.ranges import Edge, Range, Ranges, everything
from tests.support.served_queries import BOOKS

RANGES = Ranges({name: attribute.kind for name, attribute in BOOKS.attributes.items()})
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
ID = "00000000-0000-4000-8000-000000000001"
CLOTH = Comparison("binding", Operator.EQ, "cloth")


def ranges(
    *where: Comparison, sort: str = "", after: Any = None, owner: str | None = None
) -> list[tuple[str, dict[str, Any], str, Edge | None, Edge | None]]:
    """The ranges of the index that serves a query."""
    keys: tuple[SortKey, ...] = tuple(map(sort_key, sort.split(","))) if sort else ()
    query = ListQuery(20, None, after, counted=False, owner=owner, where=where, sort=keys)
    demand = demand_of(where, keys)
    index = serving(demand, ascending(BOOKS.indexes))
    assert index is not None
    found = RANGES.of(query, demand, index)
    return [(each.index, dict(each.equal), each.path, each.low, each.high) for each in found]


def test_equalities_come_first_and_bounds_follow() -> None:
    """The owner first of all; of several bounds on one side the closest."""
    bounds = [(Operator.GTE, 5), (Operator.GT, 5), (Operator.GT, 3), (Operator.LT, 9), (Operator.LTE, 9)]
    where = [Comparison("pages", operator, value) for operator, value in bounds]
    low, high = Edge(5, open=True), Edge(9, open=True)
    assert [("by_binding__pages__id", {"value.binding": "cloth"}, "value.pages", low, high)] == ranges(
        CLOTH, *where, sort="pages"
    )
    equal = {"owner": "her", "value.binding": "cloth"}
    assert [("by_owner__binding__pages__id", equal, "value.pages", low, high)] == ranges(
        CLOTH, *where, sort="-pages", owner="her"
    )


def test_null_meets_no_bound() -> None:
    """It lies before every value; to equal it is a value like any other."""
    for condition in (Comparison("pages", Operator.NULL, False), Comparison("pages", Operator.LT, 9)):
        ((*_, low, _),) = ranges(condition, sort="pages")
        assert Edge(None, open=True) == low
    ((_, equal, *_),) = ranges(Comparison("pages", Operator.NULL, True))
    assert {"value.pages": None} == equal


def test_behind_a_position_lie_as_many_ranges_as_keys() -> None:
    """What has all values but the last in common comes first; bounds hold of the first key alone."""
    index, half = "by_pages__title__id", SortedPosition((7, "m"), ID)
    at_least = Comparison("pages", Operator.GTE, 5)
    assert [
        (index, {"value.pages": 7, "value.title": "m"}, "id", Edge(ID, open=True), None),
        (index, {"value.pages": 7}, "value.title", Edge("m", open=True), None),
        (index, {}, "value.pages", Edge(7, open=True), None),
    ] == ranges(at_least, sort="pages,title", after=half)
    assert [
        (index, {"value.pages": 7, "value.title": "m"}, "id", None, Edge(ID, open=True)),
        (index, {"value.pages": 7}, "value.title", None, Edge("m", open=True)),
        (index, {}, "value.pages", Edge(5, open=False), Edge(7, open=True)),
    ] == ranges(at_least, sort="-pages,-title", after=half)


def test_nothing_lies_before_null() -> None:
    """Behind it lies every value."""
    null = SortedPosition((None,), ID)
    assert 1 == len(ranges(sort="-pages", after=null))
    assert [Edge(ID, open=True), Edge(None, open=True)] == [
        low for *_, low, _ in ranges(sort="pages", after=null)
    ]


def test_times_are_texts_of_one_width() -> None:
    """As documents hold them."""
    ((*_, low, _),) = ranges(Comparison("read_at", Operator.GT, NOON), sort="read_at")
    assert Edge("2026-01-31T12:00:00.000000Z", open=True) == low


T = "2026-01-31T12:00:00.000000Z"


@pytest.mark.parametrize(
    ("operator", "low", "high"),
    [
        (Operator.GTE, Edge(f"{T}/", open=False), None),
        (Operator.GT, Edge(f"{T}0", open=False), None),
        (Operator.LT, None, Edge(f"{T}/", open=True)),
        (Operator.LTE, None, Edge(f"{T}0", open=True)),
        (Operator.EQ, Edge(f"{T}/", open=False), Edge(f"{T}0", open=True)),
    ],
    ids=lambda each: getattr(each, "name", None),
)
def test_a_list_in_its_own_order_is_one_range_of_positions(
    operator: Operator, low: Edge | None, high: Edge | None
) -> None:
    """Which begin with the creation time: a slash and the id follow it."""
    created = Comparison("created_at", operator, NOON)
    assert [("by_position", {}, "position", low, high)] == ranges(created)


def test_behind_a_position_of_the_own_order() -> None:
    """One range still, from there on either way; one that no time has lies before or behind all."""
    edge = Edge(f"1970-01-01T00:00:01.000000Z/{ID}", open=True)
    place = Position(1_000_000, ID)
    assert [("by_position", {}, "position", edge, None)] == ranges(after=place)
    owned = [("by_owner", {"owner": "her"}, "position", None, edge)]
    second = SortedPosition((datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC),), ID)
    assert owned == ranges(sort="-created_at", after=second, owner="her")
    ((*_, low, _),) = ranges(after=Position(2**63 - 1, ID))
    assert low is not None
    assert low.value > f"9999-12-31T23:59:59.999999Z/{ID}"
    ((*_, low, _),) = ranges(after=Position(-(2**63), ID))
    assert low is not None
    assert low.value < f"0001-01-01T00:00:00.000000Z/{ID}"


def test_contradictions_lead_nowhere() -> None:
    """No record has two values of a field; the same value twice is one."""
    paper = Comparison("binding", Operator.EQ, "paper")
    assert [] == ranges(CLOTH, paper, sort="pages")
    assert 1 == len(ranges(CLOTH, Comparison("binding", Operator.IN, ("cloth",)), sort="pages"))


def test_everything_is_a_range_as_well() -> None:
    """Of all records, or of one owner's."""
    assert [Range("by_position", (), "position")] == everything(None)
    assert [Range("by_owner", (("owner", "her"),), "position")] == everything("her")
