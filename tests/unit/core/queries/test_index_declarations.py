"""Unique keys as they are declared: what contradicts itself is refused at start-up."""

from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta, Struct, defstruct

from estuary import Hidden, Resource, Unique
from estuary.core.queries.uniques import UniqueKey
from estuary.core.resource import DeclarationError

Code = Annotated[str, Meta(max_length=20)]


def declared(*unique: Any, **fields: Any) -> tuple[UniqueKey, ...]:
    """The keys of a resource with these fields, each a type, or a type and a default."""
    members = [(name, *each) if isinstance(each, tuple) else (name, each) for name, each in fields.items()]
    value: type[Struct] = defstruct("Thing", members, frozen=True, kw_only=True)
    return Resource("things", value, unique=unique).unique_keys


def test_keys_are_those_of_fields_and_then_those_declared_as_a_whole() -> None:
    """Per owner, unless they say otherwise; only texts among them are folded."""
    assert (
        UniqueKey(("code",)),
        UniqueKey(("email",), of_all=True, folds=frozenset({"email"})),
        UniqueKey(("size", "colour")),
        UniqueKey(("code", "size"), folds=frozenset({"code"})),
    ) == declared(
        ("size", "colour"),
        Unique("code", "size", fold_case=True),
        code=Annotated[Code, Unique],
        email=Annotated[str, Unique(of_all=True, fold_case=True), Meta(max_length=100)] | None,
        size=int,
        colour=Literal["red", "blue"],
    )


REFUSED: dict[str, tuple[tuple[Any, ...], dict[str, Any], str]] = {
    "a text without a length": ((), {"code": Annotated[str, Unique]}, "'code' .* declare its max_length"),
    "texts too long together": (
        (("code", "name"),),
        {"code": Annotated[str, Meta(max_length=301)], "name": Annotated[str, Meta(max_length=300)]},
        "code, name have up to 601 characters",
    ),
    "a list": ((), {"tags": Annotated[list[str], Unique]}, "'tags' has no order"),
    "a hidden field": ((), {"code": Annotated[Code, Unique, Hidden]}, "'code' is Hidden"),
    "a hidden field among several": (
        (("code", "size"),),
        {"code": Annotated[Code, Hidden], "size": int},
        "'code' is Hidden",
    ),
    "a default that one record could have": (
        (),
        {"code": (Annotated[Code, Unique], "x")},
        "'code' is Unique, and only one record could have its default 'x'",
    ),
    "the same of a key that is declared apart": (
        (("code",),),
        {"code": (Code, "x")},
        "'code' is Unique, and only one record could have its default 'x'",
    ),
    "a number whose case is folded": (
        (),
        {"size": Annotated[int, Unique(fold_case=True)]},
        "size: only texts",
    ),
    "fields named at a field": (
        (),
        {"code": Annotated[Code, Unique("code")]},
        "Unique names no fields here",
    ),
    "a text for a tuple": (("code",), {"code": Code}, "unique 'code': give a tuple"),
    "no field": (((),), {"code": Code}, "give a tuple of 1 to 4"),
    "an unknown field": ((("code", "id"),), {"code": Code}, "names 'id', which is no declared field"),
    "a field twice": ((("code", "code"),), {"code": Code}, "names a field twice"),
    "the same fields twice": (
        (("size", "code"), ("code", "size")),
        {"code": Code, "size": int},
        "code, size: declared Unique twice",
    ),
}


@pytest.mark.parametrize(("unique", "fields", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_could_not_be_kept_is_refused(
    unique: tuple[Any, ...], fields: dict[str, Any], message: str
) -> None:
    """The message names the field, and says what is allowed."""
    with pytest.raises(DeclarationError, match=message):
        declared(*unique, **fields)
