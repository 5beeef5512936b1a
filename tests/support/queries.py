"""Records and list queries as chance makes them: few values, so that they meet, tie and are null."""

import random
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from hypothesis import strategies as st
from msgspec import Meta, Struct

from estuary.core.field import Field
from estuary.core.markers import Digits, Hidden, Index
from estuary.core.queries.attributes import Attribute
from estuary.core.queries.conditions import (
    RANGE,
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Not,
    Operator,
    SortKey,
)
from estuary.core.queries.indexes import DEFAULT_ORDER
from estuary.core.queries.query import ListQuery
from estuary.core.record import Record
from estuary.core.resource import AwareDatetime, Resource
from tests.support.clocks import START

_Text = Annotated[str, Index, Meta(max_length=20)]


class Berth(Struct, frozen=True):
    """A part of a mooring: one can ask whether it is there."""

    number: int


class Mooring(Struct, frozen=True, kw_only=True):
    """A place where a vessel lies: a field of every kind, each once more where it can be null."""

    name: _Text
    note: _Text | None = None
    depth: int
    rings: Annotated[int, Index] | None = None
    length: float
    breadth: float | None = None
    free: bool
    lit: bool | None = None
    since: Annotated[AwareDatetime, Index]
    until: AwareDatetime | None = None
    side: Literal["port", "starboard"]
    buoy: Literal["red", "green", "white"] | None = None
    tags: list[str]
    marks: list[str] | None = None
    depths: list[int] = msgspec.field(default_factory=list)
    lengths: list[float] | None = None
    lights: list[bool] | None = None
    sides: list[Literal["port", "starboard"]] = msgspec.field(default_factory=list)
    fees: list[Annotated[Decimal, Digits(18, 2)]] | None = None
    days: list[date] = msgspec.field(default_factory=list)
    buoys: list[UUID] | None = None
    times: list[AwareDatetime] = msgspec.field(default_factory=list)
    fee: Annotated[Decimal, Digits(18, 2)] = Decimal("0.00")
    rebate: Annotated[Decimal, Digits(4, 4)] | None = None
    built: date | None = None
    surveyed: date = date.min
    buoy_id: UUID | None = None
    berth: Berth | None = None
    extra: dict[str, Any] | None = None
    parts: dict[str, Any] = msgspec.field(default_factory=dict)
    secret: Annotated[str, Hidden] = ""


MOORINGS = Resource(
    "moorings",
    Mooring,
    indexes=[
        ("side", "-depth"),
        ("-rings", "name"),
        ("free", "lit", "breadth", "-note"),
        ("-until",),
        ("-fee", "built"),
    ],
)

_TEXTS = (
    *("a", "A", "ab", "aB", "b", "Ba", "~", "z", "k"),
    *("\u212a", "\u0130", "\u00e4", "\u00c4", "a\u00e4", "\u1e9e"),
    *("\uffee", "\uffeea", "\U0001f30a", "\U0001f30aa"),
    *("%", "a%", "_", "a_b", "*", "\\", "\\%", '"', "'", "''", ",", "(", " ", " a", "a b"),
)
"""Letters that more than ASCII would fold, characters that UTF-16 orders otherwise, wild cards, quotes."""

_MOMENTS = tuple(START + timedelta(microseconds=offset) for offset in range(-2, 3))
_VALUES: dict[str, Sequence[Any]] = {
    "id": tuple(str(UUID(int=number << 122)) for number in range(64)),
    "version": (1, 2, 3),
    "created_at": _MOMENTS,
    "updated_at": _MOMENTS,
    "name": ("", *_TEXTS),
    "note": _TEXTS,
    "depth": (-2, -1, 0, 1, 2, 2**53 - 1, 1 - 2**53),
    "rings": (0, 1, 2, 3),
    "length": (-1.5, 0.0, 0.1, 1e300, 5e-324),
    "breadth": (0.5, 1.0, 2.0),
    "free": (True, False),
    "lit": (True, False),
    "since": _MOMENTS,
    "until": _MOMENTS,
    "side": ("port", "starboard"),
    "buoy": ("red", "green", "white"),
    "fee": tuple(
        map(Decimal, ("-9999999999999999.99", "-1.01", "-1.00", "0.00", "0.01", "9999999999999999.99"))
    ),
    "rebate": tuple(map(Decimal, ("-0.9999", "-0.0001", "0.0000", "0.1000", "0.9999"))),
    "built": (date.min, date(1969, 12, 31), date(1970, 1, 1), date(2024, 2, 29), date.max),
    "surveyed": (date.min, date(2024, 2, 28), date(2024, 2, 29), date.max),
    "buoy_id": tuple(UUID(int=number << 120) for number in (0, 9, 10, 128, 255)),
    "berth": (Berth(1),),
    "extra": ({}, {"a": [1, {"b": None}]}),
    "parts": ({}, {"a": "b"}),
    "tags": ("", *_TEXTS),
    "marks": _TEXTS,
}
_LISTS = {
    "tags": "tags",
    "marks": "marks",
    "depths": "depth",
    "lengths": "length",
    "lights": "free",
    "sides": "side",
    "fees": "fee",
    "days": "built",
    "buoys": "buoy_id",
    "times": "since",
}
_VALUES |= {name: _VALUES[entries] for name, entries in _LISTS.items()}
"""Values that records have, and that queries compare with; of lists those of their entries."""

owners = st.sampled_from([None, None, None, "her", "him"])


def mooring(chance: random.Random, record_id: str) -> Record:
    """A record with this id, each of its values among few."""
    value = Mooring(
        **{field.name: _value(field, chance) for field in MOORINGS.fields if not field.hidden},
    )
    version, owner = chance.choice(_VALUES["version"]), chance.choice(["", "her", "him"])
    return Record(record_id, version, chance.choice(_MOMENTS), chance.choice(_MOMENTS), value, owner)


def _value(field: Field, chance: random.Random) -> Any:
    if field.optional and chance.randrange(3) == 0:
        return None
    values = _VALUES[field.name]
    return chance.choices(values, k=chance.randrange(3)) if field.name in _LISTS else chance.choice(values)


def _moorings(ids: Sequence[str], seed: int) -> list[Record]:
    chance = random.Random(seed)  # noqa: S311 (it makes records for tests, nothing secret)
    return [mooring(chance, record_id) for record_id in ids]


collections = st.builds(
    _moorings,
    st.lists(st.sampled_from(_VALUES["id"]), min_size=8, max_size=40, unique=True),
    st.integers(0, 2**32),
)
"""Records of `MOORINGS` in any order."""


@st.composite
def comparisons(draw: st.DrawFn, attribute: Attribute) -> Comparison:
    """The attribute compared by one of its operators."""
    operator = draw(st.sampled_from(sorted(attribute.operators, key=lambda each: each.value)))
    return Comparison(attribute.name, operator, draw(_comparand(attribute, operator)))


def _comparand(attribute: Attribute, operator: Operator) -> st.SearchStrategy[Any]:
    match operator:
        case Operator.NULL:
            return st.booleans()
        case Operator.IN:
            return st.lists(_one(attribute), min_size=1, max_size=4).map(tuple)
        case Operator.PREFIX | Operator.CONTAINS:
            return st.sampled_from(_TEXTS)
    return _one(attribute)


def _one(attribute: Attribute) -> st.SearchStrategy[Any]:
    return st.sampled_from(_VALUES[attribute.name])


conditions: st.SearchStrategy[Condition] = st.recursive(
    st.sampled_from(list(MOORINGS.attributes.values())).flatmap(comparisons),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda each: AllOf(tuple(each))),
        st.lists(inner, min_size=1, max_size=3).map(lambda each: AnyOf(tuple(each))),
        inner.map(Not),
    ),
    max_leaves=5,
)
"""Of any form that `MOORINGS` can be asked for."""

SORTABLE = tuple(name for name, each in MOORINGS.attributes.items() if each.kind.sortable)
sorts = st.lists(
    st.tuples(st.sampled_from(SORTABLE), st.booleans()),
    max_size=3,
    unique_by=lambda key: key[0],
).map(lambda keys: tuple(SortKey(*key) for key in keys))
"""Orders by up to three attributes."""


@st.composite
def _of_any_form(draw: st.DrawFn) -> tuple[Sequence[Condition], Sequence[SortKey]]:
    return draw(st.lists(conditions, max_size=3)), draw(sorts)


@st.composite
def _served(draw: st.DrawFn) -> tuple[Sequence[Condition], Sequence[SortKey]]:
    """What an index serves: equalities with its first fields, then its order or the reverse, and ranges."""
    index = draw(st.sampled_from(MOORINGS.indexes))
    # No more than three sort keys can be asked for, to which the id is added.
    equal = draw(st.integers(max(0, len(index.keys) - 4), len(index.keys) - 1))
    backwards = draw(st.booleans())
    where = [draw(_equality(MOORINGS.attributes[key.field])) for key in index.keys[:equal]]
    rest = index.keys[equal:]
    first = MOORINGS.attributes[rest[0].field]
    where += [draw(_range(first)) for _ in range(draw(st.integers(0, 2)))]
    sort = [SortKey(key.field, key.descending is not backwards) for key in rest]
    if len(sort) > 3 or (len(sort) > 1 and draw(st.booleans())):
        sort = sort[:-1]
    if tuple(sort) == DEFAULT_ORDER[: len(sort)] and draw(st.booleans()):
        sort = []
    return draw(st.permutations(where)), sort


@st.composite
def _named(draw: st.DrawFn) -> tuple[Sequence[Condition], Sequence[SortKey]]:
    """Records by their ids, in any order."""
    ids = draw(st.lists(_one(MOORINGS.attributes["id"]), min_size=8, max_size=60))
    return [Comparison("id", Operator.IN, tuple(ids))], draw(sorts)


@st.composite
def _searched(draw: st.DrawFn) -> tuple[Sequence[Condition], Sequence[SortKey]]:
    """Texts that begin with another one, or hold it."""
    operator = draw(st.sampled_from([Operator.PREFIX, Operator.CONTAINS]))
    field = draw(st.sampled_from(["name", "note"]))
    return [Comparison(field, operator, draw(st.sampled_from(_TEXTS)))], draw(sorts)


@st.composite
def _equality(draw: st.DrawFn, attribute: Attribute) -> Comparison:
    if attribute.optional and draw(st.integers(0, 3)) == 0:
        return Comparison(attribute.name, Operator.NULL, True)
    value = draw(_one(attribute))
    if draw(st.integers(0, 3)) == 0:
        return Comparison(attribute.name, Operator.IN, (value,))
    return Comparison(attribute.name, Operator.EQ, value)


@st.composite
def _range(draw: st.DrawFn, attribute: Attribute) -> Comparison:
    if attribute.optional and draw(st.booleans()):
        return Comparison(attribute.name, Operator.NULL, False)
    operators = attribute.operators & RANGE
    if not operators:
        return draw(_equality(attribute))
    operator = draw(st.sampled_from(sorted(operators, key=lambda each: each.value)))
    return Comparison(attribute.name, operator, draw(_one(attribute)))


@st.composite
def queries(draw: st.DrawFn) -> ListQuery:
    """A list query of `MOORINGS` by offset; more than a third of them are served by an index."""
    where, sort = draw(_of_any_form() | _served() | _served() | _named() | _searched())
    return ListQuery(
        limit=draw(st.integers(1, 6)),
        offset=draw(st.integers(0, 6)),
        counted=draw(st.booleans()),
        owner=draw(owners),
        where=tuple(where),
        sort=tuple(sort),
        at_most=draw(st.none() | st.integers(1, 6)),
    )
