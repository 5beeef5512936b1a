"""What a declaration becomes, and which declarations are refused."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

import msgspec
import pytest
from msgspec import Meta

from estuary.core.errors import ValidationFailed
from estuary.core.field import Field
from estuary.core.items import ITEMS, Item
from estuary.core.kinds.boolean import Boolean
from estuary.core.kinds.choice import Choice
from estuary.core.kinds.constraints import Lengths
from estuary.core.kinds.float import Float
from estuary.core.kinds.integer import Integer
from estuary.core.kinds.kind import Kind
from estuary.core.kinds.list import List
from estuary.core.kinds.text import Text
from estuary.core.kinds.timestamp import Timestamp
from estuary.core.markers import Hidden, Index
from estuary.core.queries.indexes import indexes_of
from estuary.core.resource import RESERVED_FIELDS, DeclarationError, Resource
from tests.support.clocks import START
from tests.support.resources import BUILT, VESSELS, Vessel, vessel


def declare(field_type: Any, *default: Any, **options: Any) -> Resource:
    """A resource with one field, `thing`, of a type and perhaps a default."""
    declared = msgspec.defstruct("Declared", [("thing", field_type, *default)], frozen=True, **options)
    return Resource("things", declared)


def field_of(field_type: Any, *default: Any) -> Field:
    """That one field, as Estuary understands it."""
    (field,) = declare(field_type, *default).fields
    return field


def test_items_are_understood_as_declared() -> None:
    """The built-in resource's fields follow from its Struct."""
    name = Field(name="name", kind=Text(Lengths(1, 255)), description="What it is called.")
    description = Field(
        name="description",
        kind=Text(Lengths(None, 1000)).nullable(),
        optional=True,
        required=False,
        description="More about it.",
    )
    assert (name, description) == ITEMS.fields
    assert ("name", "description") == ITEMS.field_names
    assert ("items", "item") == (ITEMS.name, ITEMS.singular)
    assert "A named thing with an optional description." == ITEMS.description


@pytest.mark.parametrize(
    ("field_type", "expected"),
    [
        (str, Text()),
        (int, Integer()),
        (float, Float()),
        (bool, Boolean()),
        (datetime, Timestamp()),
        (Annotated[datetime, Meta(tz=True)], Timestamp()),
        (Literal["a"], Choice(("a",))),
        (Literal["b", "a"], Choice(("b", "a"))),
        (list[str], List(Text())),
    ],
)
def test_every_kind_can_be_declared_required_or_optional(field_type: Any, expected: Kind) -> None:
    """Without null and default it is required; with both it is neither required nor lacking."""
    plain, optional = field_of(field_type), field_of(field_type | None, None)
    assert (expected, False, True) == (plain.kind, plain.optional, plain.required)
    assert (expected.nullable(), True, False) == (optional.kind, optional.optional, optional.required)


def test_null_can_be_allowed_without_a_default() -> None:
    """Such a field must be given on create, and may then be null."""
    resource = declare(str | None)
    (field,) = resource.fields
    assert (True, True) == (field.optional, field.required)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({}, resource.draft_type)
    assert msgspec.convert({"thing": None}, resource.draft_type).thing is None  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "field_type",
    [
        Annotated[Annotated[str, Meta(max_length=3)] | None, Meta(description="told")],
        Annotated[str, Meta(max_length=3, description="told")] | None,
        Annotated[Annotated[str, Meta(max_length=3)], Meta(description="told")] | None,
        Annotated[Annotated[str, Meta(max_length=3, description="inner")] | None, Meta(description="told")],
    ],
)
def test_rules_and_descriptions_are_found_at_every_depth(field_type: Any) -> None:
    """It does not matter on which side of `| None` they stand."""
    field = field_of(field_type, None)
    assert (True, Text(Lengths(None, 3)).nullable(), "told") == (
        field.optional,
        field.kind,
        field.description,
    )


def test_rules_of_a_list_and_of_its_entries_are_told_apart() -> None:
    """Lengths of the list count entries, those of the entries characters."""
    entry_type = Annotated[str, Meta(min_length=1, max_length=30, pattern="^a")]
    field = field_of(Annotated[list[entry_type], Meta(min_length=2, max_length=8)])
    assert List(Text(Lengths(1, 30), "^a"), Lengths(2, 8)) == field.kind


@pytest.mark.parametrize(
    "field_type",
    [
        bytes,
        Any,
        object,
        dict[str, str],
        tuple[str, ...],
        set[str],
        list,
        list[list[str]],
        list[bytes],
        list[str | None],
        list[Literal[1]],
        int | float,
        str | int | None,
        Literal[1, 2],
        Literal["a", 1],
        None,
        list[Item],
    ],
    ids=str,
)
def test_types_that_cannot_be_served_are_refused(field_type: Any) -> None:
    """The message names the field and says what may be used."""
    with pytest.raises(
        DeclarationError, match=r"field 'thing'.*(use str, int|an entry of a list cannot be null)"
    ):
        declare(field_type)


@pytest.mark.parametrize("number", [int, float])
def test_a_rule_that_estuary_does_not_know_is_refused(number: type) -> None:
    """Silently not checking it would be worse."""
    with pytest.raises(DeclarationError, match="'thing': multiple_of"):
        declare(Annotated[number, Meta(multiple_of=3)])


@pytest.mark.parametrize("name", sorted(RESERVED_FIELDS))
def test_reserved_names_are_refused(name: str) -> None:
    """Every record has these already."""
    with pytest.raises(DeclarationError, match=f"field '{name}' is Estuary's own"):
        Resource("things", msgspec.defstruct("Declared", [(name, str)], frozen=True))


@pytest.mark.parametrize("name", ["Name", "_name", "größe", "x" * 41])
def test_names_that_do_not_travel_are_refused(name: str) -> None:
    """A field's name goes into SQL, JSON and messages; a resource's into paths and metrics as well."""
    with pytest.raises(DeclarationError, match="field name"):
        Resource("things", msgspec.defstruct("Declared", [(name, str)], frozen=True))
    with pytest.raises(DeclarationError, match="resource name"):
        Resource(name, Item)


@pytest.mark.parametrize("name", ["", "1st", "a-b", "a b", "a/b", "items\n"])
def test_resource_names_are_plain_words(name: str) -> None:
    """Nothing that a path or a table would have to escape."""
    with pytest.raises(DeclarationError, match="resource name"):
        Resource(name, Item)


def test_a_renamed_field_is_refused() -> None:
    """The API, the tables and the messages know one name: the attribute's."""
    with pytest.raises(DeclarationError, match="'call_sign' is renamed to 'callSign'"):
        Resource("things", msgspec.defstruct("Declared", [("call_sign", str)], frozen=True, rename="camel"))


def test_a_value_that_could_be_changed_is_refused() -> None:
    """Stores hand out the values they keep."""
    with pytest.raises(DeclarationError, match="frozen=True"):
        Resource("things", msgspec.defstruct("Declared", [("name", str)]))


def test_a_value_without_a_type_is_refused() -> None:
    """It would be left out without a word; what a class has besides fields may stay."""

    class Sort(msgspec.Struct, frozen=True):
        shelves: ClassVar[int] = 3
        name: str = ""

        @property
        def place(self) -> int:
            return self.shelves

    class Untyped(Sort, frozen=True):
        colour = "red"

    assert ["name"] == [field.name for field in Resource("sorts", Sort).fields]
    with pytest.raises(DeclarationError, match=r"Untyped\.colour has no type.* `colour: str = …`"):
        Resource("things", Untyped)


def test_a_resource_without_fields_is_refused() -> None:
    """There would be nothing to keep."""
    with pytest.raises(DeclarationError, match="no field"):
        Resource("things", msgspec.defstruct("Declared", [], frozen=True))


def test_only_a_struct_declares_a_resource() -> None:
    """Any other class says too little."""
    with pytest.raises(DeclarationError, match="not a msgspec Struct"):
        Resource("things", dict)  # type: ignore[arg-type]  # the mistake under test


@pytest.mark.parametrize(
    ("field_type", "default", "message"),
    [
        (str, None, "default None: declare its type with `| None`"),
        (Annotated[str, Meta(min_length=1)], " ", "at least 1 character"),
        (Annotated[int, Meta(ge=1)], 0, "must be at least 1"),
        (int, 2**60, "must be at most"),
        (int, "7", "Expected"),
        (int, 3.0, "must be a whole number"),
        (float, float("inf"), "finite"),
        (datetime, datetime(2000, 1, 1), "time"),  # noqa: DTZ001 (the mistake under test)
        (Literal["a", "b"], "c", "must be one of a, b"),
    ],
)
def test_a_default_that_breaks_a_rule_is_refused(field_type: Any, default: Any, message: str) -> None:
    """Else every create that leaves the field out would fail for what its client never sent."""
    with pytest.raises(DeclarationError, match=f"field 'thing'.*{message}"):
        declare(field_type, default)


def test_a_default_factory_is_checked_as_well() -> None:
    """What it makes obeys the rules."""
    with pytest.raises(DeclarationError, match="entry 0 must be at most 1 character"):
        declare(list[Annotated[str, Meta(max_length=1)]], msgspec.field(default_factory=lambda: ["xx"]))


def test_a_draft_has_the_declared_defaults() -> None:
    """Leaving out everything that may be left out gives the value its declaration describes."""
    draft = VESSELS.draft_type(name="Anna Christina", draught=3.5, built_at=BUILT)
    assert vessel() == VESSELS.created(draft, START, None)


def test_a_list_by_default_is_a_new_one_each_time() -> None:
    """Two records never share it, and it may hold something."""
    resource = declare(list[str], msgspec.field(default_factory=lambda: ["usual"]))
    one, other = (resource.draft_type().thing for _ in range(2))  # type: ignore[attr-defined]
    assert (["usual"], ["usual"]) == (one, other)
    assert one is not other


def test_a_draft_takes_types_strictly_but_leaves_rules_to_the_resource() -> None:
    """A wrong type and a broken rule are different errors, so decoding checks the types alone."""
    msgspec.convert({"name": "x" * 999}, ITEMS.draft_type)
    for wrong in ({"name": 1}, {"name": None}, {}, {"name": "x", "description": 1}):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(wrong, ITEMS.draft_type)


def test_unknown_fields_are_ignored() -> None:
    """On create and on update."""
    assert ITEMS.draft_type(name="x") == msgspec.convert({"name": "x", "color": 1}, ITEMS.draft_type)
    assert ITEMS.changes_type() == msgspec.convert({"id": "x"}, ITEMS.changes_type)


def test_a_value_is_cleaned() -> None:
    """Texts are trimmed, empty optional ones become null."""
    assert Item("x", None) == ITEMS.created(ITEMS.draft_type(name=" x ", description=" "), START, None)


def test_every_broken_rule_is_told_at_once() -> None:
    """One answer names all fields, in the order of their declaration."""
    draft = VESSELS.draft_type(name="", draught=99.0, built_at=BUILT, crew=-1, rig="oars", tags=["x" * 31])
    with pytest.raises(ValidationFailed) as error:
        VESSELS.created(draft, START, None)
    assert [
        ("name", "Name must be between 1 and 120 characters", "length"),
        ("crew", "Crew must be between 0 and 10000", "range"),
        ("draught", "Draught must be greater than 0 and less than 40", "range"),
        ("rig", "Rig must be one of motor, sail, steam", "choice"),
        ("tags", "Tags entry 0 must be at most 30 characters", "length"),
    ] == [(found.field, found.message, found.code) for found in error.value.violations]


def test_changes_hold_only_what_is_set() -> None:
    """A field that is absent or null stays as it is."""
    assert {} == ITEMS.changes(ITEMS.changes_type())
    assert {} == ITEMS.changes(ITEMS.changes_type(name=None, description=None))
    assert {"name": "x"} == ITEMS.changes(ITEMS.changes_type(name=" x "))


def test_an_empty_text_clears_an_optional_field() -> None:
    """The only way to null: null itself means "as it is"."""
    assert {"description": None} == ITEMS.changes(ITEMS.changes_type(description=" "))


def test_changes_obey_the_rules() -> None:
    """An update cannot set what a create may not."""
    with pytest.raises(ValidationFailed, match="Name must be between 1 and 255 characters"):
        ITEMS.changes(ITEMS.changes_type(name=" "))


def test_a_value_is_restored_from_its_fields() -> None:
    """What a store kept becomes the same value, whatever the order of the fields."""
    value = vessel(rating=3, tags=["a"])
    fields = msgspec.structs.asdict(value)
    assert value == VESSELS.restore(dict(reversed(fields.items())))


def test_a_timestamp_in_a_draft_needs_an_offset() -> None:
    """A clock reading without a zone is not a moment."""
    body = {"name": "x", "draught": 1, "built_at": "2000-01-01T00:00:00"}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body, VESSELS.draft_type)
    draft = msgspec.convert({**body, "built_at": "2000-01-01T00:00:00Z"}, VESSELS.draft_type)
    assert datetime(2000, 1, 1, tzinfo=UTC) == draft.built_at  # type: ignore[attr-defined]


def test_a_singular_may_be_given() -> None:
    """Not every plural ends in an s of its own."""
    assert "vessel" == VESSELS.singular
    assert "person" == Resource("people", Vessel, singular="person").singular
    assert "Resource('vessels', Vessel)" == repr(VESSELS)


LETTER = Annotated[str, Meta(max_length=1)]


def declare_all(indexes: Any, **fields: Any) -> Resource:
    """A resource with these fields and indexes."""
    return Resource(
        "things", msgspec.defstruct("Declared", list(fields.items()), frozen=True), indexes=indexes
    )


def test_indexes_are_what_is_marked_and_what_is_declared() -> None:
    """Besides the two that every resource has."""
    resource = declare_all([("a", "-b")], a=Annotated[int, Index], b=LETTER | None)
    assert indexes_of(["a"], [("a", "-b")]) == resource.indexes
    assert (True, False) == tuple(field.indexed for field in resource.fields)


def test_hidden_fields_cannot_be_asked_about() -> None:
    """They are written as any other."""
    resource = declare_all([], a=Annotated[str, Hidden], b=int)
    assert ("a", "b") == resource.field_names
    assert (True, False) == tuple(field.hidden for field in resource.fields)
    assert "a" not in resource.attributes


@pytest.mark.parametrize(
    ("indexes", "fields", "message"),
    [
        ([], {"a": Annotated[int, Index, Hidden]}, "field 'a' is Hidden"),
        ([("b",)], {"a": int, "b": Annotated[int, Hidden]}, "names 'b': name fields that are not Hidden"),
        ([("a", "b")], {"a": int}, "names 'b': name fields that are not Hidden"),
        ([("id", "b")], {"a": int}, "names 'b': name fields that are not Hidden"),
        ([("--a",)], {"a": int}, "names '-a': name fields that are not Hidden"),
        (["a"], {"a": int}, "give a tuple of 1 to 4 field names"),
        ([()], {"a": int}, "give a tuple of 1 to 4 field names"),
        ([("a", "b", "c", "d", "e")], dict.fromkeys("abcde", int), "give a tuple of 1 to 4 field names"),
        ([("a", "-a")], {"a": int}, "names a field twice"),
        ([], {"a": Annotated[list[str], Index]}, "field 'a' has no order"),
        ([("a",)], {"a": str}, "field 'a' has an index: declare its max_length"),
        ([], {"a": Annotated[str, Index]}, "field 'a' has an index: declare its max_length"),
        (
            [("a", "b")],
            dict.fromkeys("ab", Annotated[str, Meta(max_length=301)]),
            "the index of a, b have up to 602 characters: at most 600",
        ),
        ([("a",)], {"a": Annotated[int, Index]}, r"index \('a',\) serves the same lists as another"),
        ([("a", "b"), ("-a", "-b")], {"a": int, "b": int}, "serves the same lists as another: remove it"),
        ([("a",), ("a", "id")], {"a": int}, "serves the same lists as another: remove it"),
        ([("created_at",)], {"a": int}, "serves the same lists as another: remove it"),
    ],
    ids=str,
)
def test_an_index_that_cannot_be_kept_is_refused(
    indexes: Any, fields: dict[str, Any], message: str
) -> None:
    """With the reason, at start-up."""
    with pytest.raises(DeclarationError, match=message):
        declare_all(indexes, **fields)


@pytest.mark.parametrize(
    ("field_type", "message"),
    [
        (Annotated[str, "hidden"], "field 'thing' is Annotated with 'hidden', which Estuary does not know"),
        (Annotated[int, Meta(ge=0), 7] | None, "field 'thing' is Annotated with 7"),
        (list[Annotated[int, "index"]], "field 'thing' is Annotated with 'index'"),
        (list[Annotated[int, Index]], "field 'thing': Index says nothing of an entry of a list"),
        (list[Annotated[str, Hidden]] | None, "field 'thing': Hidden says nothing of an entry of a list"),
    ],
    ids=str,
)
def test_what_a_declaration_says_in_vain_is_refused(field_type: Any, message: str) -> None:
    """A rule or a marker that nothing would hold to, for it is misspelt or in the wrong place."""
    with pytest.raises(DeclarationError, match=message):
        declare_all([], thing=field_type)


def test_all_faults_of_a_declaration_are_told_at_once() -> None:
    """Of its name, its fields, and then of its indexes and keys; each is a line."""
    with pytest.raises(DeclarationError) as refused:
        Resource("Things", msgspec.defstruct("Declared", [("id", Decimal), ("b", complex)], frozen=True))
    beginnings = ["resource name 'Things'", "field 'id' is", "field 'id': say", "field 'b' has a type"]
    assert [] == unlike(beginnings, refused.value.faults)
    with pytest.raises(DeclarationError) as refused:
        declare_all([("a",), ("b",), ("a",), ("c", "b")], a=int, b=str)
    beginnings = ["field 'b' has an index", "index ('a',) serves", "index ('c', 'b') names 'c'"]
    assert [] == unlike(beginnings, refused.value.faults)
    assert str(refused.value).startswith("the declarations have 3 problems:\n  field 'b'")


def unlike(beginnings: Sequence[str], faults: Sequence[str]) -> list[str]:
    """The faults that do not begin so."""
    pairs = zip(beginnings, faults, strict=True)
    return [fault for beginning, fault in pairs if not fault.startswith(beginning)]


def test_texts_of_600_characters_can_be_indexed() -> None:
    """With the longest choice, but without the id."""
    text = Annotated[str, Meta(max_length=297)]
    resource = declare_all([("a", "b", "c")], a=text, b=text, c=Literal["x", "abcdef"])
    assert keys_of(resource)[-1] == ("a", "b", "c", "id")


def keys_of(resource: Resource) -> list[tuple[str, ...]]:
    """The fields of its indexes."""
    return [tuple(key.field for key in index.keys) for index in resource.indexes]
