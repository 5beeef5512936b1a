"""Values of types of every sort: read from a record's JSON, and sent."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, TypedDict

import msgspec
import pytest
from msgspec import UNSET, Struct

from estuary import Hidden
from estuary.client.errors import UnexpectedAnswer
from estuary.client.records import codec_of
from estuary.client.values import fields_of, replaces

ID = "01a20ae4-aaec-7239-acf3-5c06e8eab230"
TIME = "2026-11-24T00:11:27.852921Z"
FIELDS = {"title": "a", "price": "12.30", "made": "2026-01-31"}
BODY = msgspec.json.encode({"id": ID, **FIELDS, "created_at": TIME, "updated_at": TIME})


class Declared(Struct, frozen=True):
    """As a resource is declared."""

    title: str
    price: Decimal
    made: date | None = None
    cost: Annotated[int, Hidden] = 0


class Strict(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Knows nothing of Estuary's own fields, and demands a hidden one."""

    title: str
    cost: Annotated[int, Hidden]
    price: Decimal
    day: date | None = msgspec.field(default=None, name="made")
    tags: list[str] = msgspec.field(default_factory=list)


@dataclass
class Plain:
    """A dataclass."""

    title: str
    price: Decimal
    made: date | None = None


class Named(TypedDict):
    """What a generator of types makes."""

    title: str
    price: str
    made: str | None


PRICE, DAY = Decimal("12.30"), date(2026, 1, 31)
VALUES = [
    Declared("a", PRICE, DAY),
    Strict(title="a", cost=UNSET, price=PRICE, day=DAY),  # type: ignore[arg-type]  # so it is read
    Plain("a", PRICE, DAY),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_record_is_read_as_the_type(value: Any) -> None:
    """With Estuary's own beside it; a hidden field, which no answer holds, is unset or its default."""
    record = codec_of(type(value)).record(BODY, 'W/"7"')
    assert (value, ID, 7) == (record.value, record.id, record.version)
    assert TIME == record.created_at.isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize("value_type", [dict, dict[str, Any], Named])
def test_a_record_is_read_as_a_dictionary(value_type: Any) -> None:
    """Of its fields alone."""
    assert FIELDS == codec_of(value_type).record(BODY).value


@pytest.mark.parametrize("value_type", [int, str, list[str], dict[str, int]])
def test_what_no_object_is_read_as_is_refused(value_type: Any) -> None:
    """When the resource is named, not when the first record comes."""
    with pytest.raises(TypeError, match="is no type of a record's value"):
        codec_of(value_type)


@pytest.mark.parametrize(
    ("body", "message"), [(b"<html>", "malformed"), (b'{"id":"1"}', "created_at"), (b"[]", "object")]
)
def test_a_body_that_is_no_record_is_told(body: bytes, message: str) -> None:
    """By the type and what is wrong."""
    with pytest.raises(UnexpectedAnswer, match=f"cannot be read as Declared: .*{message}"):
        codec_of(Declared).record(body)


@pytest.mark.parametrize("tag", [None, "", '"abc"', '"7', "7"])
def test_a_tag_that_is_no_version_is_none(tag: str | None) -> None:
    """As that of an answer with `expand`, which is made of its content."""
    assert codec_of(Declared).record(BODY, tag).version is None


def test_what_is_unset_is_not_sent() -> None:
    """So a hidden field that was never seen stays as it is."""
    assert {"title", "price", "made", "tags"} == set(fields_of(VALUES[1]))
    assert {"title": "a", "price": Decimal("12.30"), "made": date(2026, 1, 31), "cost": 0} == fields_of(
        VALUES[0]
    )
    assert {"title": "a", "price": "12.30", "made": "2026-01-31"} == fields_of(VALUES[2])
    assert {"title": "a"} == fields_of({"id": ID, "title": "a", "created_at": TIME})
    with pytest.raises(TypeError, match="has fields, and 5 has none"):
        fields_of(5)


class Size(Struct):
    """Encoded with all of its fields."""

    width: int
    depth: Any = None


class Sparse(Struct, omit_defaults=True):
    """Encoded without those that have their default."""

    width: int = 0


@pytest.mark.parametrize(
    ("value", "whole"),
    [
        *((each, True) for each in (5, None, [{"a": 1}], Size(1))),
        *((each, False) for each in ({}, {"a": 1}, Size(1, {"a": 1}), Sparse(), Plain("a", PRICE))),
    ],
)
def test_which_values_a_merge_patch_replaces(value: Any, whole: bool) -> None:
    """All but objects of which members could be left (RFC 7396)."""
    assert whole == replaces(value)
