"""The statements that list queries with conditions or an order are answered with.

One is written for each shape of query, and kept for a while; nothing in its text comes from a client.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, Final, NamedTuple

from estuary.core.errors import Advice
from estuary.core.queries.conditions import SortKey
from estuary.core.queries.indexes import Demand, IndexDefinition, advice, demand_of, serving
from estuary.core.queries.plans import Outline, conditions_of, outline_of
from estuary.core.queries.query import LIMITED_COUNT, ListQuery
from estuary.core.record import Position
from estuary.core.resource import Resource
from estuary.stores.sql.columns import QueryColumn
from estuary.stores.sql.condition_forms import NEVER, Form, form_of
from estuary.stores.sql.indexes import OWNER
from estuary.stores.sql.language import Language
from estuary.stores.sql.numbered_parameters import Placed
from estuary.stores.sql.query_writer import QueryShape, QueryWriter, ResourceTable
from estuary.stores.sql.simplifying import simplified
from estuary.stores.sql.statements import BoundStatement

SHAPES_KEPT: Final = 256
"""Statements that are kept of a resource; past it those that were used longest ago are written again."""
FARTHEST_OFFSET: Final = LIMITED_COUNT
"""Records that a list skips at most as a matter of course: they are read, as those that are counted are."""
_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1


class BoundQuery(NamedTuple):
    """The statements for a list query, with their parameters; `total` is asked apart where it is not None.

    What it costs is `bounded` by the page, by the ids that it names or by how far it skips and counts.
    `advice` says what would make it so.
    """

    rows: BoundStatement
    total: BoundStatement | None
    bounded: bool
    advice: Advice
    merged: bool
    """Whether rows are those of the whole table, whatever else lists select."""


class ShapeStatements(NamedTuple):
    """The statements for one shape of query."""

    rows: Placed
    total: Placed | None
    merged: bool


class _Plan(NamedTuple):
    """What follows from a query's fields and operators alone; `named` are records by their ids.

    `fixed` are the first keys of the index that leads to the records, with the owner's in `owned`.
    """

    order: tuple[SortKey, ...]
    fixed: tuple[SortKey, ...]
    owned: tuple[SortKey, ...]
    named: bool
    served: bool
    advice: Advice


class QueryStatements:
    """The statements for list queries on the records of `resource`, in the engine's `language`."""

    def __init__(
        self,
        resource: Resource,
        table: ResourceTable,
        columns: Mapping[str, QueryColumn],
        language: Language,
    ) -> None:
        self._columns = columns
        self._planned = lru_cache(maxsize=SHAPES_KEPT)(partial(_plan, resource))

        def write(shape: QueryShape) -> ShapeStatements:
            return _written(shape, table, columns, language)

        self._statements = lru_cache(maxsize=SHAPES_KEPT)(write)

    def of(self, query: ListQuery) -> BoundQuery:
        """The statements that answer `query`."""
        plan = self._planned(outline_of(query.where), query.sort)
        order, fixed, owned, named_only, served, helps = plan
        position = self._position(query, order)
        # Where a total is counted nothing is left out that only the position implies.
        first = order[0] if position and not query.counted else None
        found = simplified(query.where, self._columns, first, position[0] if position else None)
        values: list[Any] = [query.owner, query.limit, query.offset, _most(query)]
        named, others, ahead = (
            _forms(part, self._columns, values) for part in (found.named, found.others, found.ahead)
        )
        if position is not None and first is not None and not found.after:
            position = None
        values += [value for value in position or () if value is not None]
        shape = QueryShape(
            named=named,
            others=others if found.possible else (*others, NEVER),
            ahead=ahead,
            order=order,
            fixed=fixed if query.owner is None else owned,
            nulls=None if position is None else tuple([value is None for value in position]),
            valued=found.valued,
            owned=query.owner is not None,
            skips=query.offset is not None,
            counts=query.counted,
            limited=query.at_most is not None,
            served=served and not named_only,
        )
        statements = self._statements(shape)
        counts_all = query.counted and bool(query.where) and query.at_most is None and not named_only
        skips = is_far(query) and not named_only
        return BoundQuery(
            _bound(statements.rows, values),
            None if statements.total is None else _bound(statements.total, values),
            served and not counts_all and not skips,
            Advice(counts=counts_all, skips=skips) if served else helps,
            statements.merged,
        )

    def _position(self, query: ListQuery, order: Sequence[SortKey]) -> list[Any] | None:
        """The position's values of the keys of `order`, as the driver takes them; None without a position.

        An order without keys has none either: one record at most is asked for.
        """
        if query.after is None:
            return None
        if isinstance(query.after, Position):
            # No record lies outside the engines' integers: the nearest one inside means the same.
            values = {"created_at": min(max(query.after.created_at, _INT64_MIN), _INT64_MAX)}
        else:
            keys = zip(query.sort, query.after.values, strict=True)
            values = {key.field: self._converted(key.field, value) for key, value in keys}
        return [{**values, "id": query.after.id}[key.field] for key in order]

    def _converted(self, field: str, value: Any) -> Any:
        convert = self._columns[field].convert
        return value if convert is None or value is None else convert(value)


def _plan(resource: Resource, outline: Outline, sort: tuple[SortKey, ...]) -> _Plan:
    where = conditions_of(outline)
    demand = demand_of(where, sort)
    index = serving(demand._replace(unservable=()), resource.indexes)
    fixed, owned = ((), ()) if index is None or demand.named else _fixed_keys(index, demand)
    helps = Advice()
    if not (served := serving(demand, resource.indexes) is not None):
        helps = advice(where, sort, resource.indexes, unordered=resource.unordered)
    return _Plan(demand.order, fixed, owned, demand.named, served, helps)


def is_far(query: ListQuery) -> bool:
    """Whether `query` skips so much that no index bounds what it costs."""
    return (query.offset or 0) > FARTHEST_OFFSET


def _fixed_keys(index: IndexDefinition, demand: Demand) -> tuple[tuple[SortKey, ...], tuple[SortKey, ...]]:
    """The first keys of `index`, whose values are given, in the direction in which it is read.

    Then the same behind the owner's.
    """
    fixed, rest = index.keys[: len(demand.fixed)], index.keys[len(demand.fixed) :]
    backwards = rest != demand.order
    keys = tuple([SortKey(key.field, key.descending != backwards) for key in fixed])
    return keys, (SortKey(OWNER, backwards), *keys)


def _most(query: ListQuery) -> int | None:
    """One record more than are counted, which says whether there are more."""
    return None if query.at_most is None else query.at_most + 1


def _forms(
    conditions: Sequence[Any], columns: Mapping[str, QueryColumn], values: list[Any]
) -> tuple[Form, ...]:
    return tuple([form_of(condition, columns, values) for condition in conditions])


def _written(
    shape: QueryShape, table: ResourceTable, columns: Mapping[str, QueryColumn], language: Language
) -> ShapeStatements:
    writer = QueryWriter(shape, table, columns, language)
    if shape.counts and language.counts_within:
        return ShapeStatements(writer.counted_rows(), None, writer.merged)
    rows = writer.rows()
    total = QueryWriter(shape, table, columns, language).total() if shape.counts else None
    return ShapeStatements(rows, total, writer.merged)


def _bound(statement: Placed, values: Sequence[Any]) -> BoundStatement:
    return BoundStatement(statement.text, tuple([values[place] for place in statement.places]))
