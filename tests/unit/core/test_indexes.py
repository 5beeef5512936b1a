"""Which indexes a declaration makes, and which of them serves a query."""

from collections.abc import Sequence

import pytest

from estuary.core.conditions import AllOf, AnyOf, Comparison, Condition, Not, Operator, SortKey
from estuary.core.indexes import (
    DEFAULT_ORDER,
    IDENTITY,
    POSITION,
    IndexDefinition,
    advice,
    demand_of,
    indexes_of,
    serving,
    shown,
    sort_key,
    with_id,
)

DECLARED = (("binding", "-published"), ("price", "-title"), ("shelf", "row", "place", "pages"))
INDEXES = indexes_of(["pages"], DECLARED)


def keys(*names: str) -> tuple[SortKey, ...]:
    """Sort keys as a declaration writes them."""
    return tuple(map(sort_key, names))


def eq(field: str) -> Comparison:
    """The field equals something."""
    return Comparison(field, Operator.EQ, 1)


def gt(field: str) -> Comparison:
    """The field is greater than something."""
    return Comparison(field, Operator.GT, 1)


def served(where: Sequence[Condition], *sort: str) -> tuple[SortKey, ...] | None:
    """The keys of the index that serves a query."""
    found = serving(demand_of(where, keys(*sort)), INDEXES)
    return None if found is None else found.keys


def test_the_indexes_of_a_declaration() -> None:
    """Two that every resource has, two for each marked field, and one for each declared whole."""
    assert (
        keys("created_at", "id"),
        keys("id"),
        keys("pages", "id"),
        keys("pages", "created_at", "id"),
        keys("binding", "-published", "-id"),
        keys("price", "-title", "-id"),
        keys("shelf", "row", "place", "pages", "id"),
    ) == tuple(index.keys for index in INDEXES)


def test_an_index_is_kept_once() -> None:
    """However often it is declared."""
    assert indexes_of(["pages"], []) == indexes_of(["pages"], [("pages",), ("created_at",), ("id",)])


def test_every_order_ends_with_the_id() -> None:
    """In the direction of the last key; what comes behind an id decides nothing."""
    assert DEFAULT_ORDER == with_id(())
    assert keys("pages", "id") == with_id(keys("pages"))
    assert keys("pages", "-title", "-id") == with_id(keys("pages", "-title"))
    assert keys("pages", "-id") == with_id(keys("pages", "-id", "title"))


def test_an_index_is_shown_as_it_is_declared() -> None:
    """Without the id at its end."""
    assert ("binding", "-published") == tuple(shown(INDEXES[4]))


@pytest.mark.parametrize(
    ("where", "sort", "index"),
    [
        ([], [], POSITION.keys),
        ([], ["-created_at"], POSITION.keys),
        ([gt("created_at")], [], POSITION.keys),
        ([gt("created_at"), gt("created_at")], ["-created_at"], POSITION.keys),
        ([], ["id"], IDENTITY.keys),
        ([gt("id")], ["-id"], IDENTITY.keys),
        ([], ["pages"], keys("pages", "id")),
        ([], ["-pages"], keys("pages", "id")),
        ([Comparison("pages", Operator.NULL, False)], ["pages"], keys("pages", "id")),
        ([eq("pages")], [], keys("pages", "created_at", "id")),
        ([eq("pages")], ["-created_at"], keys("pages", "created_at", "id")),
        ([Comparison("pages", Operator.NULL, True)], [], keys("pages", "created_at", "id")),
        ([Comparison("pages", Operator.IN, (3, 3))], [], keys("pages", "created_at", "id")),
        ([eq("pages"), gt("created_at")], [], keys("pages", "created_at", "id")),
        ([AllOf((eq("pages"),))], [], keys("pages", "created_at", "id")),
        ([eq("binding")], ["-published"], keys("binding", "-published", "-id")),
        ([eq("binding")], ["published"], keys("binding", "-published", "-id")),
        ([eq("binding"), gt("published")], ["published"], keys("binding", "-published", "-id")),
        ([eq("binding"), eq("published")], ["-id"], keys("binding", "-published", "-id")),
        ([eq("binding")], ["binding", "published"], keys("binding", "-published", "-id")),
        ([], ["price", "-title"], keys("price", "-title", "-id")),
        ([], ["-price", "title"], keys("price", "-title", "-id")),
        ([eq("row"), eq("shelf")], ["place", "pages"], keys("shelf", "row", "place", "pages", "id")),
        ([eq("id"), Not(gt("title"))], ["title"], IDENTITY.keys),
        ([Comparison("id", Operator.IN, ("a", "b")), eq("title")], [], IDENTITY.keys),
    ],
    ids=str,
)
def test_a_query_is_served(
    where: list[Condition], sort: list[str], index: tuple[SortKey, ...] | None
) -> None:
    """Equalities come first in an index, then the order either way, with ranges on its first field."""
    assert index == served(where, *sort)


@pytest.mark.parametrize(
    ("where", "sort"),
    [
        ([], ["title"]),
        ([gt("pages")], []),
        ([gt("pages")], ["-created_at"]),
        ([eq("binding")], []),
        ([], ["binding", "published"]),
        ([], ["binding"]),
        ([], ["price", "title"]),
        ([eq("shelf")], ["row"]),
        ([eq("shelf"), gt("place")], ["row", "place", "pages"]),
        ([Comparison("pages", Operator.IN, (1, 2))], []),
        ([Comparison("pages", Operator.NE, 1)], ["pages"]),
        ([Comparison("pages", Operator.PREFIX, "a")], ["pages"]),
        ([AnyOf((eq("pages"), eq("pages")))], []),
        ([Not(eq("pages"))], []),
        ([Not(eq("id"))], []),
        ([eq("pages"), gt("pages")], []),
    ],
    ids=str,
)
def test_a_query_is_not_served(where: list[Condition], sort: list[str]) -> None:
    """A part of an index, other directions, a range elsewhere, and what leads to no one stretch."""
    assert None is served(where, *sort)


@pytest.mark.parametrize(
    ("where", "sort", "fields"),
    [
        ([], ["title"], ("title",)),
        ([gt("pages")], ["-pages", "title"], ("-pages", "title")),
        ([eq("title"), eq("author")], ["-pages"], ("author", "title", "-pages")),
        ([eq("title")], [], ("title", "created_at")),
        ([Comparison("title", Operator.CONTAINS, "a")], [], None),
        ([Comparison("title", Operator.NE, "a")], ["title"], None),
        ([gt("pages")], ["title"], None),
        ([AnyOf((eq("pages"), eq("title")))], [], None),
        ([eq("a"), eq("b"), eq("c")], ["d", "e"], None),
    ],
    ids=str,
)
def test_the_index_that_would_serve_a_query_is_advised(
    where: list[Condition], sort: list[str], fields: tuple[str, ...] | None
) -> None:
    """Declared as it is shown, it serves; where none would that can be declared, none is advised."""
    demand = demand_of(where, keys(*sort))
    advised = advice(demand)
    assert fields == (None if advised is None else tuple(shown(advised)))
    if advised is not None and fields is not None:
        assert advised == serving(demand, indexes_of([], [fields]))


def test_an_index_with_as_many_fields_as_can_be_declared_is_advised() -> None:
    """Four of them, and the id."""
    demand = demand_of([eq("a"), eq("b")], keys("c", "-d"))
    assert IndexDefinition(keys("a", "b", "c", "-d", "-id")) == advice(demand)
