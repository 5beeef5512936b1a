"""Rules: the messages for broken ones, and merge patches (RFC 7396) of values with parts."""

from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Meta, Struct

from estuary.core.errors import ValidationFailed, Violation
from estuary.core.field import Field
from estuary.core.kinds.kind import Broken
from estuary.core.kinds.text import Text
from estuary.core.resource import Resource
from estuary.core.rules import violation
from estuary.http.openapi.schemas import draft_schema, patch_schema


class Edge(Struct, frozen=True):
    """A part of a part."""

    colour: str = "red"
    note: str | None = None


class Size(Struct, frozen=True):
    """A part with a field that must be given."""

    width: Annotated[int, Meta(ge=0)]
    height: int = 1
    unit: str | None = None
    edge: Edge = Edge()


class Box(Struct, frozen=True):
    """Something with parts."""

    name: str
    size: Size | None = None
    extra: dict[str, Any] = {}


BOXES = Resource("boxes", Box)
BOX = Box("box", Size(2, 3, "cm", Edge("blue", "thin")), {"a": {"b": 1, "c": [1, 2]}, "z": 2})
decode = msgspec.json.Decoder(BOXES.patch_type).decode


def patched(patch: str, box: Box = BOX) -> dict[str, Any]:
    """What `patch` sets of a box."""
    return BOXES.patch(decode(patch), box)


@pytest.mark.parametrize(
    ("patch", "size"),
    [
        ('{"width": 5}', Size(5, 3, "cm", Edge("blue", "thin"))),
        ('{"unit": null, "unknown": 1}', Size(2, 3, None, Edge("blue", "thin"))),
        ('{"edge": {"note": null}}', Size(2, 3, "cm", Edge("blue"))),
        ("{}", Size(2, 3, "cm", Edge("blue", "thin"))),
    ],
)
def test_a_struct_is_merged(patch: str, size: Size) -> None:
    """Field by field; what is not named stays, at any depth."""
    assert {"size": size} == patched(f'{{"size": {patch}}}')


def test_where_there_is_none_its_defaults_fill_it() -> None:
    """As in a new record; null clears the whole."""
    assert {"size": Size(7)} == patched('{"size": {"width": 7}}', Box("box"))
    assert {"size": None} == patched('{"size": null}')


@pytest.mark.parametrize(
    ("patch", "box", "field", "code"),
    [
        ('{"size": {"width": null}}', BOX, "size.width", "required"),
        ('{"size": {"height": 7}}', Box("box"), "size.width", "required"),
        ('{"size": {"width": -1}}', BOX, "size.width", "range"),
        ('{"size": {"edge": {"colour": null}}}', BOX, "size.edge.colour", "required"),
        ('{"extra": {"a": "\\u0000"}}', BOX, "extra", "characters"),
        ('{"extra": {"a": "' + "x" * 16_400 + '"}}', BOX, "extra", "size"),
        ('{"extra": ' + '{"a":' * 9 + "1" + "}" * 10, BOX, "extra", "depth"),
        ('{"name": null}', BOX, "name", "required"),
    ],
)
def test_broken_rules_name_the_part(patch: str, box: Box, field: str, code: str) -> None:
    """By its whole path."""
    with pytest.raises(ValidationFailed) as failed:
        patched(patch, box)
    assert [(field, code)] == [(each.field, each.code) for each in failed.value.violations]


@pytest.mark.parametrize(
    ("patch", "extra"),
    [
        ('{"a": {"b": null, "d": {"e": null, "f": 1}}}', {"a": {"c": [1, 2], "d": {"f": 1}}, "z": 2}),
        ('{"a": {"c": [null]}}', {"a": {"b": 1, "c": [None]}, "z": 2}),
        ('{"a": null, "missing": null}', {"z": 2}),
        ('{"z": {"y": null, "x": true}}', {"a": {"b": 1, "c": [1, 2]}, "z": {"x": True}}),
        ('{"a": "text"}', {"a": "text", "z": 2}),
        ("{}", {"a": {"b": 1, "c": [1, 2]}, "z": 2}),
    ],
)
def test_an_object_is_merged(patch: str, extra: dict[str, Any]) -> None:
    """As section 2 of the RFC has it: null removes, in lists it is a value."""
    assert {"extra": extra} == patched(f'{{"extra": {patch}}}')
    assert BOX.extra == {"a": {"b": 1, "c": [1, 2]}, "z": 2}


def test_the_document_demands_no_part() -> None:
    """Of a patch, where it does of a new record."""
    size = patch_schema(BOXES)["properties"]["size"]
    assert "required" not in size
    assert ["width"] == draft_schema(BOXES)["properties"]["size"]["required"]
    assert ["string", "null"] == size["properties"]["unit"]["type"]


def test_only_parts_depend_on_what_is_there() -> None:
    """A patch that clears the whole, or names other fields, needs no look at the record."""
    for patch, merges in (('{"name": "x", "size": null}', False), ('{"size": {}}', True), ("{}", False)):
        assert (patch, merges) == (patch, BOXES.merges(decode(patch)))


def test_a_violation_names_the_field_twice() -> None:
    """Its name for machines, and the same in words at the start of the message."""
    field = Field(name="call_sign", kind=Text())
    expected = Violation("call_sign", "Call sign must be at most 3 characters", "length")
    assert expected == violation(field, Broken("must be at most 3 characters", "length"))
