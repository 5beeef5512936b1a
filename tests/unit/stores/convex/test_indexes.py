"""Declared indexes as Convex's schema has them."""

from typing import Annotated

import pytest
from msgspec import Meta, Struct, defstruct

from estuary.core.markers import Index
from estuary.core.queries.indexes import IDENTITY, POSITION
from estuary.core.resource import AwareDatetime, DeclarationError, Resource
from estuary.stores.convex.indexes import declared_indexes, name_of
from estuary.stores.convex.schema import Indexed, declared, indexed, schema

_LONG = "a_field_with_a_name_as_long_as_they_can_b"[:40]


class Loan(Struct, frozen=True, kw_only=True):
    """What is lent until when."""

    title: Annotated[str, Meta(max_length=50)]
    due: AwareDatetime
    renewed: int = 0
    note: Annotated[str, Meta(max_length=50)] | None = None


def loans(*indexes: tuple[str, ...]) -> Resource:
    """Loans with these indexes."""
    return Resource("loans", Loan, indexes=indexes)


def test_an_index_is_there_for_all_records_and_for_each_owner() -> None:
    """In the order of its fields, none of which can descend in Convex; metadata is beside the value."""
    reported = schema([loans(("due", "-note"), ("-updated_at",))])
    assert (
        '    .index("by_due__note__id", ["generation", "value.due", "value.note", "id"])\n'
        '    .index("by_owner__due__note__id", ["generation", "owner", "value.due", "value.note", "id"])\n'
        '    .index("by_updated_at__id", ["generation", "updated_at", "id"])\n'
        '    .index("by_owner__updated_at__id", ["generation", "owner", "updated_at", "id"]),\n'
    ) in reported


def test_indexes_that_differ_in_directions_alone_are_one() -> None:
    """Convex reads it from either end."""
    assert 2 == len(list(declared_indexes(loans(("title", "due"), ("-title", "due")))))


def test_every_table_has_some_already() -> None:
    """Those of lists in their own order and of ids are in `convex/tables.ts`."""
    assert [] == list(declared_indexes(loans()))
    assert ["by_position", "by_owner"] == [name_of(POSITION, owned=owned) for owned in (False, True)]
    assert ["by_record", "by_owner_record"] == [name_of(IDENTITY, owned=owned) for owned in (False, True)]


def test_a_name_has_no_more_characters_than_convex_allows() -> None:
    """And distinguishes what it is a digest of."""
    fields = [(f"{_LONG[:-1]}{digit}", Annotated[int, Index]) for digit in range(2)]
    resource = Resource("longs", defstruct("Long", fields, frozen=True))
    names = [index.name for index in declared_indexes(resource)]
    assert (8, 8) == (len(names), len(set(names)))
    assert all(len(name) <= 64 for name in names)


def test_more_indexes_than_convex_keeps_are_refused() -> None:
    """When the schema is written, and before a store is opened."""
    fields = [(f"field_{number}", Annotated[int, Index]) for number in range(8)]
    marked = [Resource("rows", defstruct("Row", fields[:count], frozen=True)) for count in (7, 8)]
    assert 28 == len(list(declared_indexes(marked[0])))
    for each in (schema, indexed):
        with pytest.raises(
            DeclarationError, match="'rows': Convex keeps 28 indexes of it, and needs 32 for 16"
        ):
            each([marked[1]])


def test_fields_in_indexes_are_kept_in_one_form() -> None:
    """Those that a record may lack, or that earlier releases wrote otherwise."""
    resource = loans(("renewed", "note"), ("due", "title"))
    reported, forms = schema([resource]), indexed([resource])["loans"].forms
    assert (
        "    fields: {\n"
        f'      due: {{ form: "{forms["due"]}", time: true }},\n'
        f'      renewed: {{ form: "{forms["renewed"]}", missing: 0 }},\n'
        f'      note: {{ form: "{forms["note"]}", missing: null }},\n'
        "    },\n"
    ) in reported
    assert "    fields: {},\n" in schema([loans(("title",))])


def test_an_index_that_is_left_over_does_no_harm() -> None:
    """So one can be taken away: first from the declaration, then from what is deployed."""
    less, more = (indexed([loans(*each)])["loans"] for each in ([("due",)], [("due",), ("renewed",)]))
    assert (True, True, False) == (less.serves(less), more.serves(less), less.serves(more))
    assert not Indexed(less.indexes, {"due": "another form"}).serves(less)
    assert declared([loans()]) == declared([loans(("due",))])


def test_no_two_indexes_have_one_name() -> None:
    """However their fields' names can be put together."""
    resource = Resource(
        "pairs",
        defstruct("Pair", [(name, int) for name in ("a", "a_b", "b_c", "c")], frozen=True),
        indexes=[("a_b", "c"), ("a", "b_c")],
    )
    names = {name_of(index, owned=owned) for index in resource.indexes for owned in (False, True)}
    assert 8 == len(names)
