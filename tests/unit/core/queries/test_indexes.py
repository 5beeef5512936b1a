"""Which indexes a declaration makes, and which of them serves a query."""

from collections.abc import Sequence

import pytest

from estuary.core.errors import Advice
from estuary.core.queries.conditions import AllOf, AnyOf, Comparison, Condition, Not, Operator, SortKey
from estuary.core.queries.indexes import (
    DEFAULT_ORDER,
    IDENTITY,
    POSITION,
    advice,
    ascending,
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
    """Without the id at its end, unless that is all, or has a direction of its own."""
    assert ("binding", "-published") == tuple(shown(INDEXES[4]))
    assert ("id",) == tuple(shown(IDENTITY))
    assert ("created_at",) == tuple(shown(POSITION))
    for declared in (("pages", "-id"), ("-pages", "id")):
        assert declared == tuple(shown(indexes_of([], [declared])[-1]))


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
        ([eq("a"), eq("b")], ["c", "-d"], ("a", "b", "c", "-d")),
        ([], ["title", "-id"], ("title", "-id")),
        ([], ["-title", "id"], ("-title", "id")),
        ([], ["-title", "-id"], ("-title",)),
        ([eq("title")], ["-id"], ("title",)),
        ([eq("author")], ["title", "-id"], ("author", "title", "-id")),
    ],
    ids=str,
)
def test_the_index_that_would_serve_a_query_is_advised(
    where: list[Condition], sort: list[str], fields: tuple[str, ...]
) -> None:
    """Declared as it is advised, it serves; it has four fields at most, and the id."""
    assert Advice(fields) == advice(where, keys(*sort), INDEXES, unordered=())
    assert None is not serving(demand_of(where, keys(*sort)), indexes_of([], [fields]))


@pytest.mark.parametrize(
    ("where", "sort", "expected"),
    [
        ([gt("pages")], [], Advice(sort="pages")),
        ([gt("pages")], ["title"], Advice(sort="pages")),
        ([AllOf((gt("pages"),))], [], Advice(sort="pages")),
        ([gt("title"), Comparison("pages", Operator.NULL, False), eq("binding")], [], None),
        ([eq("binding"), gt("published")], [], Advice(sort="published")),
        ([gt("created_at")], ["title"], Advice(sort="created_at")),
        ([gt("title")], [], Advice(("title",), "title")),
        ([gt("pages"), eq("author")], [], Advice(("author", "pages"), "pages")),
        ([gt("title"), gt("pages")], [], None),
    ],
    ids=str,
)
def test_the_order_in_which_a_range_is_served_is_advised(
    where: list[Condition], sort: list[str], expected: Advice | None
) -> None:
    """With an index that is there, else with one to be declared; two ranges are served by none."""
    advised = advice(where, keys(*sort), INDEXES, unordered=())
    assert (expected or Advice()) == advised
    if expected is not None:
        indexes = [*INDEXES, *indexes_of([], [advised.declare] if advised.declare else [])]
        assert None is not serving(demand_of(where, keys(advised.sort)), indexes)


@pytest.mark.parametrize(
    ("where", "sort"),
    [
        ([Comparison("title", Operator.CONTAINS, "a")], []),
        ([Comparison("title", Operator.NE, "a")], ["title"]),
        ([AnyOf((eq("pages"), eq("title")))], []),
        ([gt("pages"), Comparison("title", Operator.CONTAINS, "a")], []),
        ([eq("a"), eq("b"), eq("c")], ["d", "e"]),
    ],
    ids=str,
)
def test_where_nothing_helps_nothing_is_advised(where: list[Condition], sort: list[str]) -> None:
    """No index serves the condition in any order, or it would have too many fields."""
    assert Advice() == advice(where, keys(*sort), INDEXES, unordered=())


@pytest.mark.parametrize("null", [True, False])
def test_no_index_is_advised_of_fields_without_an_order(null: bool) -> None:
    """A list can be null, and no index can be declared of it, whatever else is asked for."""
    where = [Comparison("tags", Operator.NULL, null)]
    assert Advice() == advice(where, (), INDEXES, unordered={"tags"})
    assert Advice() == advice([AllOf((*where, gt("pages")))], keys("title"), INDEXES, unordered={"tags"})


def test_indexes_of_one_direction() -> None:
    """Each ascends, and those that differ in directions alone are one."""
    found = ascending(indexes_of([], [("binding", "-published"), ("-binding", "published"), ("-price",)]))
    assert (
        keys("created_at", "id"),
        keys("id"),
        keys("binding", "published", "id"),
        keys("price", "id"),
    ) == tuple(index.keys for index in found)


def test_a_mixed_order_has_no_index_of_one_direction() -> None:
    """None is recommended to a store that could not keep it; where a field has one value, others decide."""
    mixed = keys("title", "-pages")
    assert Advice(("title", "-pages")) == advice([], mixed, INDEXES, unordered=())
    assert Advice() == advice([], mixed, INDEXES, unordered=(), one_direction=True)
    pinned = advice([eq("title")], mixed, INDEXES, unordered=(), one_direction=True)
    assert Advice(("title", "-pages")) == pinned
