"""Structs within a record, with rules of their own."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Optional

import msgspec
import pytest
from msgspec import Meta, Struct

from estuary.core.errors import ValidationFailed, Violation
from estuary.core.kinds.kind import Kind
from estuary.core.markers import Digits, Hidden, Index
from estuary.core.record import Record
from estuary.core.record_json import RecordJson
from estuary.core.resource import DeclarationError, Resource
from tests.support.clocks import START


class Corner(Struct, frozen=True):
    """Deeper still."""

    radius: Annotated[int, Meta(ge=1)] = 1


class Size(Struct, frozen=True, kw_only=True):
    """Some kinds of fields, with rules and defaults."""

    width: Annotated[int, Meta(ge=1, description="In millimetres.")]
    rate: Annotated[Decimal, Digits(18, 9)] | None = None
    day: date | None = None
    at: datetime | None = None
    corner: Corner | None = None


class Box(Struct, frozen=True):
    """Has a size, of which a default is made."""

    size: Size = Size(width=3)
    spare: Size | None = None


BOXES = Resource("boxes", Box)
FULL = Size(
    width=1,
    rate=Decimal("0.000000001"),
    day=date.max,
    at=datetime(2026, 1, 1, tzinfo=UTC),
    corner=Corner(2),
)


class Loop(Struct, frozen=True):
    """Never ends."""

    inner: Optional["Loop"] = None


class Tagged(Struct, frozen=True, tag=True):
    """Is more than its fields."""

    a: int


class Loose(Struct):
    """Can be changed."""

    a: int


class Marked(Struct, frozen=True):
    """Is asked for by a part."""

    a: Annotated[int, Index]


class Secret(Struct, frozen=True):
    """Keeps a part for itself."""

    a: Annotated[int, Hidden]


class Wrong(Struct, frozen=True):
    """Has a part that breaks its rule by default."""

    a: Annotated[int, Meta(ge=1)] = 0


def kind_of(resource: Resource, name: str) -> Kind:
    """The kind of a field."""
    return next(field.kind for field in resource.fields if field.name == name)


def draft(**fields: Any) -> Any:
    """What a body holds."""
    return msgspec.convert(fields, BOXES.draft_type)


def test_a_value_is_of_the_declared_type() -> None:
    """With its defaults, cleaned by the rules of its own fields."""
    given = draft(spare={"width": 2.0, "rate": "0.5", "corner": {}})
    spare = Size(width=2, rate=Decimal("0.500000000"), corner=Corner(1))
    assert Box(Size(width=3), spare) == BOXES.created(given, START, None)


def test_every_broken_rule_is_told_with_its_path() -> None:
    """As of fields of the record's own."""
    given = draft(size={"width": 0, "rate": "0.0000000001"}, spare={"width": 1, "corner": {"radius": 0}})
    with pytest.raises(ValidationFailed) as error:
        BOXES.created(given, START, None)
    room = "Rate must have no more digits than 9 before the decimal point and 9 after it"
    assert [
        Violation("size.width", "Width must be at least 1", "range"),
        Violation("size.rate", room, "digits"),
        Violation("spare.corner.radius", "Radius must be at least 1", "range"),
    ] == list(error.value.violations)


def test_it_is_kept_as_clients_see_it() -> None:
    """In a column as in a snapshot, and comes back."""
    kind = kind_of(BOXES, "size")
    column = kind.column
    assert column.encode is not None
    assert column.decode is not None
    text = column.encode(FULL)
    assert (
        '{"width":1,"rate":"0.000000001","day":"9999-12-31","at":"2026-01-01T00:00:00.000000Z",'
        '"corner":{"radius":2}}'
    ) == text
    assert FULL == column.decode(text)
    codec, record = RecordJson(BOXES), Record("x", 1, START, START, Box(FULL, FULL))
    assert record == codec.decode(codec.encode(record))


def test_a_row_of_an_undeclared_table_becomes_a_value() -> None:
    """Whose parts pass their rules again."""
    kind = kind_of(BOXES, "spare")
    encode = kind.column.encode
    assert encode is not None
    assert Box(spare=FULL) == BOXES.created(draft(spare=kind.recovered(encode(FULL))), START, None)


def test_queries_ask_for_null_alone() -> None:
    """And for nothing where it cannot be null."""
    asked = {
        name: {each.value for each in attribute.operators} for name, attribute in BOXES.attributes.items()
    }
    assert ({"null"}, False) == (asked["spare"], "size" in asked)


def test_its_schema_says_what_is_sent_and_what_is_served() -> None:
    """Served it has all its fields; of a body those are demanded that have no default."""
    kind = kind_of(BOXES, "size")
    assert ["width"] == kind.accepted()["required"]
    assert ["width", "rate", "day", "at", "corner"] == kind.schema()["required"]
    assert "In millimetres." == kind.schema()["properties"]["width"]["description"]
    assert {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]} == kind.schema()[
        "properties"
    ]["day"]


@pytest.mark.parametrize(
    ("annotation", "message"),
    [
        (Loop, "Loop holds itself, without an end"),
        (Loop | None, "Loop holds itself, without an end"),
        (Tagged, "Tagged must not have a tag"),
        (Loose, "Loose must be declared with frozen=True"),
        (Marked, "field 'a' has a marker of a record's own fields"),
        (Secret, "field 'a' has a marker of a record's own fields"),
        (Wrong, "field 'a' has the default 0: must be at least 1"),
        (list[Size], "a list has entries of a type Estuary cannot serve"),
        (Annotated[Size, Index], "has no order: no index is made of it"),
        (Annotated[Size, Digits(3, 1)], "Digits says nothing of such a field"),
    ],
)
def test_a_declaration_that_cannot_be_served_is_refused(annotation: Any, message: str) -> None:
    """At start-up, with the field's name."""
    declared = msgspec.defstruct("Thing", [("value", annotation)], frozen=True)
    with pytest.raises(DeclarationError, match=f"'value'.*{message}"):
        Resource("things", declared)
