"""Writes the statements for one shape of list query."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Table

from estuary.core.queries.conditions import SortKey
from estuary.stores.sql.columns import QueryColumn
from estuary.stores.sql.condition_forms import ConditionWriter, Form, values_in
from estuary.stores.sql.indexes import OWNED
from estuary.stores.sql.indexes import OWNER as OWNER_COLUMN
from estuary.stores.sql.keyset import Key, ranges_after
from estuary.stores.sql.language import Language, equals
from estuary.stores.sql.numbered_parameters import LIMIT, MOST, OFFSET, OWN, OWNER, Parameters, Placed
from estuary.stores.sql.tie_breakers import PLAIN

_LONG = "BIGINT"
_TEXT = "TEXT"
_OWNER = QueryColumn(f'"{OWNER_COLUMN}"', f'"{OWNER_COLUMN}"', _TEXT, optional=False, convert=None)


class QueryShape(NamedTuple):
    """What the statements for a list query depend on: everything of it but its values.

    `named` are the conditions that name records by their ids, `ahead` is a bound that lies ahead of the
    position, and `valued` are the fields that are null in no record that meets all. `nulls` says of each
    key of the order whether the position's value is null; it is None where the list begins with its first
    record, or at an offset. A list that an index serves is read in its order, whose `fixed` first keys have
    one value; the owner is the first of them where the list is `owned`.
    """

    named: tuple[Form, ...]
    others: tuple[Form, ...]
    ahead: tuple[Form, ...]
    order: tuple[SortKey, ...]
    fixed: tuple[SortKey, ...]
    nulls: tuple[bool, ...] | None
    valued: frozenset[str]
    owned: bool
    skips: bool
    counts: bool
    limited: bool
    served: bool


class ResourceTable(NamedTuple):
    """A table by its name, with its columns, and what a list selects of them."""

    name: str
    columns: str
    selected: str

    @classmethod
    def of(cls, table: Table, selected: str | None = None) -> "ResourceTable":
        """All columns of `table`, in their order; lists have these unless others are `selected`."""
        columns = ", ".join(f'"{column.name}"' for column in table.columns)
        return cls(table.name, columns, selected or columns)

    @property
    def sql(self) -> str:
        """The table's name, quoted."""
        return f'"{self.name}"'


class QueryWriter:
    """Writes one statement for `shape`."""

    def __init__(
        self,
        shape: QueryShape,
        table: ResourceTable,
        columns: Mapping[str, QueryColumn],
        language: Language,
    ) -> None:
        self._shape = shape
        self._table = table
        self._language = language
        self._columns = {**columns, OWNER_COLUMN: _OWNER}
        self._tie_breaker = PLAIN if shape.named else language.tie_breaker(_keys(shape), owned=shape.owned)
        # An index is searched by what has its collation.
        searched = columns["id"]._replace(sql=self._tie_breaker.sql(columns["id"].sql))
        self._searched = {**columns, "id": searched} if shape.served else columns
        self._parameters = Parameters(language)
        self.merged = False
        """Whether the rows come from several searches: they are merged in the order of whole rows."""

    def rows(self) -> Placed:
        """The statement that gives the records."""
        return self._parameters.placed(self._rows())

    def total(self) -> Placed:
        """The statement that gives their number."""
        return self._parameters.placed(self._total())

    def counted_rows(self) -> Placed:
        """Both as one statement: each row begins with the total; without records one has it, and nulls."""
        total, rows = self._total(), self._rows()
        order = self._order("wanted.")
        return self._parameters.placed(
            f"WITH whole (total) AS MATERIALIZED ({total}), wanted AS ({rows}) "  # noqa: S608 (written here)
            f"SELECT whole.total, wanted.* FROM whole LEFT JOIN wanted ON true{order}"
        )

    def _rows(self) -> str:
        conditions = self._conditions()
        ranges = self._ranges()
        if len(ranges) > 1 and self._shape.served:
            self.merged = True
            selects = [self._select(self._table.columns, [*conditions, *each]) for each in ranges]
            return self._language.union(selects, self._order(), self._page())
        if ranges:
            conditions.append(_any_of(ranges))
        elif self._shape.nulls is not None:
            conditions.append("1 = 0")  # an order without keys: one record, which the position is
        return f"{self._select(self._table.selected, conditions)}{self._order()}{self._page()}"

    def _total(self) -> str:
        shape = self._shape
        if not (shape.named or shape.others):
            owner = self._take(OWNER, _TEXT) if shape.owned else None
            return self._language.total(self._table.name, owner)
        found = f"FROM {self._source()}{_where(self._conditions())}"
        if not shape.limited:
            return f"SELECT count(*) {found}"
        # In the order of the index that serves it, for a planner to take to no other one.
        order = self._order() if shape.served else ""
        return f"SELECT count(*) FROM (SELECT 1 {found}{order} LIMIT {self._take(MOST, _LONG)}) AS counted"  # noqa: S608 (as above)

    def _select(self, columns: str, conditions: Sequence[str]) -> str:
        return f"SELECT {columns} FROM {self._source()}{_where(conditions)}"  # noqa: S608 (as above)

    def _source(self) -> str:
        """The table; where records are named, only those: however else an engine might look for them."""
        if not self._shape.named:
            return self._table.sql
        written = ConditionWriter(self._columns, self._language, self._parameters, OWN)
        ids = _where([written.sql(form) for form in self._shape.named])
        records = f"SELECT {self._table.columns} FROM {self._table.sql}{ids}"  # noqa: S608 (as above)
        return f"(WITH named AS MATERIALIZED ({records}) SELECT * FROM named) AS {self._table.sql}"  # noqa: S608 (as above)

    def _conditions(self) -> list[str]:
        shape = self._shape
        place = OWN + values_in(shape.named)
        leading = shape.fixed[0].field if shape.served and shape.fixed else None
        written = ConditionWriter(self._searched, self._language, self._parameters, place, leading)
        owner = self._of_owner() if shape.owned else []
        return [*owner, *(written.sql(form) for form in shape.others)]

    def _of_owner(self) -> list[str]:
        """The partial indexes of owned records need their condition to be repeated."""
        owner = self._take(OWNER, _TEXT)
        equal = self._language.leads if self._shape.served else equals
        return [equal(_OWNER.sql, owner), OWNED]

    def _ranges(self) -> list[list[str]]:
        """The ranges behind the position."""
        shape = self._shape
        if shape.nulls is None:
            return []
        place = OWN + values_in(shape.named) + values_in(shape.others)
        written = ConditionWriter(self._searched, self._language, self._parameters, place)
        ahead = [written.sql(form) for form in shape.ahead]
        place += values_in(shape.ahead)
        keys: list[Key] = []
        places: list[int] = []
        for key, null in zip(shape.order, shape.nulls, strict=True):
            column = self._searched[key.field]
            nullable = column.optional and key.field not in shape.valued
            leads = shape.served and not (shape.fixed or keys)
            equal = self._language.leads if leads else equals
            keys.append(Key(column.sql, key.descending, null, nullable, equal))
            places.append(place)
            place += not null
        types = [self._searched[key.field].type for key in shape.order]
        return list(ranges_after(keys, lambda number: self._take(places[number], types[number]), ahead))

    def _order(self, prefix: str = "") -> str:
        entries = []
        # With the whole of an index's keys a planner takes to no other one, whose records it would filter.
        fixed = self._shape.fixed if self._shape.served else ()
        for key in (*fixed, *self._shape.order):
            column = self._columns[key.field]
            form = self._tie_breaker if key.field == "id" else PLAIN
            name = form.sql(prefix + column.sql)
            name = name if self._shape.served or prefix else self._language.unindexed(name)
            nulls = column.optional or form.nulls_smallest
            entries.append(self._language.ordered(name, descending=key.descending, optional=nulls))
        return f" ORDER BY {', '.join(entries)}" if entries else ""

    def _page(self) -> str:
        limit = f" LIMIT {self._take(LIMIT, _LONG)}"
        return f"{limit} OFFSET {self._take(OFFSET, _LONG)}" if self._shape.skips else limit

    def _take(self, place: int, type_: str) -> str:
        return self._parameters.take(place, type_)


def _keys(shape: QueryShape) -> int:
    """The number of the keys of the index in whose order the list is, without the owner."""
    return len(shape.order) + sum(key.field != OWNER_COLUMN for key in shape.fixed)


def _where(conditions: Sequence[str]) -> str:
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def _any_of(ranges: Sequence[Sequence[str]]) -> str:
    every = [" AND ".join(conditions) for conditions in ranges]
    return every[0] if len(every) == 1 else f"({' OR '.join(f'({each})' for each in every)})"
