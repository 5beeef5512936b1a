"""Every form of list query that the indexes of a resource serve."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import product
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from estuary.core.markers import Index
from estuary.core.moments import to_microseconds
from estuary.core.queries.attributes import Attribute
from estuary.core.queries.conditions import RANGE, Comparison, Condition, Operator, SortKey
from estuary.core.queries.indexes import POSITION, demand_of, serving
from estuary.core.queries.query import ListQuery, SortedPosition
from estuary.core.record import Position
from estuary.core.record_id import canonical_id
from estuary.core.resource import AwareDatetime, Resource


class Book(Struct, frozen=True, kw_only=True):
    """Fields of all kinds that have an order, some of which may be null."""

    title: Annotated[str, Meta(max_length=50)]
    pages: Annotated[int, Index] | None = None
    price: Annotated[float, Index] = 0.0
    lent: Annotated[bool, Index] | None = None
    read_at: Annotated[AwareDatetime, Index] | None = None
    binding: Literal["paper", "cloth"] = "paper"
    note: Annotated[str, Meta(max_length=50)] | None = None
    tags: list[str] | None = None


BOOKS = Resource(
    "books",
    Book,
    indexes=[
        ("binding", "-pages"),
        ("pages", "-title"),
        ("-pages", "note"),
        ("binding", "-note", "pages", "title"),
    ],
)
VALUES: dict[str, Any] = {
    "title": "title 500",
    "note": "note 500",
    "pages": 500,
    "price": 500.0,
    "lent": True,
    "read_at": datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC),
    "created_at": datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC),
    "binding": "cloth",
    "id": canonical_id("00000000-0000-4000-8000-000000000500"),
}
"""A value of each field, in the midst of many."""


def served_queries(values: Mapping[str, Any] = VALUES) -> Iterator[ListQuery]:
    """One query of every form: by each index both ways, with every start, range and null, of one or all.

    Fields are compared with their `values`, where pages begin as well.
    """
    for index in BOOKS.indexes:
        keys = list(index.keys)
        for equal, backwards in product(range(len(keys)), (False, True)):
            order = [SortKey(key.field, key.descending != backwards) for key in keys[equal:]]
            sort = tuple(order[:-1]) if len(order) > 1 else tuple(order)
            if index == POSITION and not backwards:
                sort = ()
            for fixed, bounds in product(
                _equalities(keys[:equal], values), _ranges(BOOKS.attributes[order[0].field], values)
            ):
                where = (*fixed, *bounds)
                if serving(demand_of(where, sort), BOOKS.indexes) is None:
                    continue  # an index that begins with what is fixed, and goes on as no list is ordered
                for owner, after in product((None, "her"), (None, *_positions(sort, bounds, values))):
                    yield ListQuery(20, None, after, counted=False, owner=owner, where=where, sort=sort)


def _equalities(keys: Sequence[SortKey], values: Mapping[str, Any]) -> Iterator[tuple[Condition, ...]]:
    yield tuple(Comparison(key.field, Operator.EQ, values[key.field]) for key in keys)
    if keys and BOOKS.attributes[keys[-1].field].optional:
        yield (
            *(Comparison(key.field, Operator.EQ, values[key.field]) for key in keys[:-1]),
            Comparison(keys[-1].field, Operator.NULL, value=True),
        )


def _ranges(attribute: Attribute, values: Mapping[str, Any]) -> Iterator[tuple[Condition, ...]]:
    yield ()
    name, value = attribute.name, values[attribute.name]
    if RANGE <= attribute.operators and name != "id":
        yield (Comparison(name, Operator.GTE, value),)
        yield (Comparison(name, Operator.LTE, value),)
        yield (Comparison(name, Operator.GTE, value), Comparison(name, Operator.LTE, value))
    if attribute.optional:
        yield (Comparison(name, Operator.NULL, value=False),)


def _positions(
    sort: Sequence[SortKey], bounds: Sequence[Condition], values: Mapping[str, Any]
) -> Iterator[Position | SortedPosition]:
    """With and without a null in each key that can be null in what is asked for."""
    if not sort:
        yield Position(to_microseconds(values["created_at"]), values["id"])
        return
    given = [
        [values[key.field], None]
        if BOOKS.attributes[key.field].optional and not (place == 0 and bounds)
        else [values[key.field]]
        for place, key in enumerate(sort)
    ]
    for keys in product(*given):
        yield SortedPosition(keys, values["id"])
