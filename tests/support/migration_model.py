"""What becomes of records when their declaration changes: a model in plain Python.

It is written from what the documents promise, and uses nothing of how Estuary compares or alters tables.
"""

from collections.abc import Mapping
from copy import deepcopy
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

from msgspec import UNSET, Meta, defstruct, field

from estuary import Digits, Index, Ref, Resource, Unique, Was

MAKERS = ("00000000-0000-0000-0000-0000000000a1", "00000000-0000-0000-0000-0000000000a2")
"""The ids of records that can be referred to."""
NOBODY = "00000000-0000-0000-0000-0000000000ff"
OWNERS = ("", "her", "him")


class Kind(NamedTuple):
    """The type of a field, and its rule: what it means depends on `base`."""

    base: str
    rule: tuple[Any, ...] = ()

    @property
    def storage(self) -> str:
        """What is kept: only what is kept alike can become another kind."""
        return "text" if self.base in {"choice", "reference"} else self.base


class Declared(NamedTuple):
    """A field as it is declared; `default` is UNSET where it is required."""

    name: str
    kind: Kind
    optional: bool = False
    default: Any = UNSET
    unique: bool = False
    folds: bool = False
    indexed: bool = False
    former: tuple[str, ...] = ()


class Declaration(NamedTuple):
    """Fields, and what is declared of several together: keys, and indexes."""

    fields: tuple[Declared, ...]
    keys: tuple[tuple[str, ...], ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()

    def resource(self) -> Resource:
        """The resource; raises `DeclarationError` where it cannot be declared so."""
        members = [_member(each) for each in self.fields]
        part = defstruct("Part", members, frozen=True, kw_only=True)
        return Resource("parts", part, unique=self.keys, indexes=self.indexes)

    def unique_keys(self) -> list[tuple[tuple[str, ...], frozenset[str]]]:
        """All unique keys, each with the fields in it of which letters are equal in either case."""
        alone = [
            ((each.name,), frozenset({each.name} if each.folds else ()))
            for each in self.fields
            if each.unique
        ]
        return [*alone, *((key, frozenset()) for key in self.keys)]


class Column(NamedTuple):
    """What is known of a column that is there, declared or not.

    `defaults` are all that it was ever declared with, None where it had none: which of them an insert
    leaves there that does not know the column is not promised, where there are several.
    """

    kind: Kind
    optional: bool
    defaults: tuple[Any, ...]

    def declared_as(self, declared: Declared) -> "Column":
        """The same column once it is declared so."""
        known = [_converted(declared.kind, each) for each in self.defaults]
        default = _default(declared)
        return Column(
            declared.kind, declared.optional, tuple(known if default in known else [*known, default])
        )


class Row(NamedTuple):
    """A record: its owner, and what is in each column."""

    owner: str
    values: dict[str, Any]


class Table:
    """The records by their ids, and the columns."""

    def __init__(self) -> None:
        self.columns: dict[str, Column] = {}
        self.rows: dict[str, Row] = {}

    def migrated(self, declared: Declaration) -> "Table | None":
        """The table as it fits `declared`; None where that would lose something, or break a rule."""
        new = deepcopy(self)
        new._rename(declared)
        if not all(map(new._fit, declared.fields)) or not new._can_be_left_out(declared):
            return None
        if not all(new._is_unique(key, folds) for key, folds in declared.unique_keys()):
            return None
        refers = (new.refers_to_none(declared, row.values) for row in new.rows.values())
        return None if any(refers) else new

    def may_refuse(self, declared: Declaration) -> bool:
        """Whether a column that is declared no more may lack a default, which it had at some time."""
        return any(None in column.defaults for column in self._undeclared(declared) if not column.optional)

    def knows_defaults(self, declared: Declaration) -> bool:
        """Whether it is known what an insert leaves in columns that are not declared."""
        return all(len(column.defaults) == 1 for column in self._undeclared(declared))

    def read(self, declared: Declaration) -> dict[str, tuple[str, dict[str, Any]]]:
        """What each record reads as."""
        return {
            number: (row.owner, {each.name: row.values[each.name] for each in declared.fields})
            for number, row in self.rows.items()
        }

    def insert(self, number: str, owner: str, values: Mapping[str, Any]) -> None:
        """Keep a record; the columns that are not declared have their default."""
        rest = {name: column.defaults[0] for name, column in self.columns.items() if name not in values}
        self.rows[number] = Row(owner, {**rest, **values})

    def is_taken(self, declared: Declaration, owner: str, values: Mapping[str, Any]) -> bool:
        """Whether a new record of these values would break a unique key."""
        for key, folds in declared.unique_keys():
            wanted = _key_of(key, folds, owner, values)
            if wanted is not None and any(
                wanted == _key_of(key, folds, row.owner, row.values) for row in self.rows.values()
            ):
                return True
        return False

    def refers_to_none(self, declared: Declaration, values: Mapping[str, Any]) -> bool:
        """Whether a record of these values would refer to one that is not there."""
        there = {"makers": set(MAKERS), "parts": set(self.rows)}
        return any(
            values[each.name] is not None and values[each.name] not in there[each.kind.rule[0]]
            for each in declared.fields
            if each.kind.base == "reference"
        )

    def _undeclared(self, declared: Declaration) -> list[Column]:
        names = {each.name for each in declared.fields}
        return [column for name, column in self.columns.items() if name not in names]

    def _rename(self, declared: Declaration) -> None:
        for each in declared.fields:
            former = next((name for name in each.former if name in self.columns), None)
            if each.name not in self.columns and former is not None:
                self.columns[each.name] = self.columns.pop(former)
                for row in self.rows.values():
                    row.values[each.name] = row.values.pop(former)

    def _fit(self, declared: Declared) -> bool:
        """Whether the column is there, or can be made, and every record's value fits."""
        name, kind, default = declared.name, declared.kind, _default(declared)
        if name not in self.columns:
            self.columns[name] = Column(kind, declared.optional, (default,))
            for row in self.rows.values():
                row.values[name] = deepcopy(default)
            return default is not None or declared.optional or not self.rows
        found = self.columns[name]
        if not _becomes(found.kind, kind):
            return False
        for row in self.rows.values():
            value = row.values[name] = _converted(kind, row.values[name])
            if not (declared.optional if value is None else obeys(kind, value)):
                return False
        self.columns[name] = found.declared_as(declared)
        return True

    def _can_be_left_out(self, declared: Declaration) -> bool:
        """Whether inserts can leave out every column that is not declared."""
        return all(
            column.optional or any(map(_is_there, column.defaults)) for column in self._undeclared(declared)
        )

    def _is_unique(self, key: tuple[str, ...], folds: frozenset[str]) -> bool:
        found = [_key_of(key, folds, row.owner, row.values) for row in self.rows.values()]
        there = [each for each in found if each is not None]
        return len(there) == len(set(there))


def obeys(kind: Kind, value: Any) -> bool:
    """Whether a value that is not null is one of this kind."""
    match kind.base:
        case "text":
            least, most = kind.rule
            return (least is None or len(value) >= least) and (most is None or len(value) <= most)
        case "choice":
            return value in kind.rule
        case "integer" | "float":
            low, high = kind.rule
            return (low is None or value >= low) and (high is None or value <= high)
        case "decimal":
            digits, places = kind.rule
            return bool(value == round(value, places) and abs(value) < Decimal(10) ** (digits - places))
        case "list":
            return kind.rule[0] is None or len(value) <= kind.rule[0]
        case _:
            return True


def _default(declared: Declared) -> Any:
    return None if declared.default is UNSET else declared.default


def _is_there(value: Any) -> bool:
    return value is not None


def _becomes(old: Kind, new: Kind) -> bool:
    return old.storage == new.storage or (old.storage, new.storage) == ("integer", "float")


def _converted(kind: Kind, value: Any) -> Any:
    if value is None:
        return None
    return float(value) if kind.base == "float" else value


def _key_of(key: tuple[str, ...], folds: frozenset[str], owner: str, values: Mapping[str, Any]) -> Any:
    """What no other record may have; None where nothing is in its way."""
    found = [values[name].lower() if name in folds and values[name] else values[name] for name in key]
    return None if None in found else (*found, owner)


def _member(declared: Declared) -> tuple[Any, ...]:
    annotation = _annotation(declared.kind)
    markers = [
        *([Was(*declared.former)] if declared.former else []),
        *([Unique(fold_case=declared.folds)] if declared.unique else []),
        *([Index] if declared.indexed else []),
    ]
    for marker in markers:
        annotation = Annotated[annotation, marker]
    annotation = annotation | None if declared.optional else annotation
    if declared.default is UNSET:
        return (declared.name, annotation)
    default: Any = declared.default
    if isinstance(default, list):
        return (declared.name, annotation, field(default_factory=lambda: list(default)))
    return (declared.name, annotation, default)


def _annotation(kind: Kind) -> Any:
    match kind.base:
        case "text":
            return Annotated[str, Meta(min_length=kind.rule[0], max_length=kind.rule[1])]
        case "choice":
            return Literal[kind.rule]
        case "reference":
            return Annotated[str, Ref(kind.rule[0], on_delete=kind.rule[1])]
        case "integer":
            return Annotated[int, Meta(ge=kind.rule[0], le=kind.rule[1])]
        case "float":
            return Annotated[float, Meta(ge=kind.rule[0], le=kind.rule[1])]
        case "decimal":
            return Annotated[Decimal, Digits(*kind.rule)]
        case "list":
            return Annotated[list[int], Meta(max_length=kind.rule[0])]
        case _:
            return {"boolean": bool, "date": date, "uuid": UUID}[kind.base]
