"""A declared type, as kinds are asked whether it is theirs."""

from collections.abc import Sequence
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeAlias, Union, get_args, get_origin

from msgspec import inspect as types

if TYPE_CHECKING:
    from estuary.core.kinds.kind import Kind


Kinds: TypeAlias = "Sequence[type[Kind]]"


class Declared(NamedTuple):
    """A type as msgspec describes it, beneath `| None` and descriptions, and as it was written.

    `kinds` are those that its parts can have.
    """

    type: types.Type
    optional: bool
    description: str | None
    annotation: Any
    kinds: Kinds


def kind_of(declared: Declared) -> "Kind | None":
    """The kind that `declared` asks for, None where it is none of its `kinds`; raises `Unservable`."""
    return next((kind for each in declared.kinds if (kind := each.of(declared)) is not None), None)


def entry_of(declared: Declared, described: types.Type) -> Declared:
    """The kind of a list's entries, which msgspec has `described`."""
    found = _arguments_of(declared.annotation, list)
    return read(described, found[0] if found else None, declared.kinds)


def _arguments_of(annotation: Any, generic: type) -> tuple[Any, ...]:
    """What `generic` is made of within `annotation`, at any depth of `Annotated` and unions."""
    annotation = getattr(annotation, "__value__", annotation)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is generic:
        return arguments
    if origin in (Annotated, Union, UnionType):
        return next((found for part in arguments if (found := _arguments_of(part, generic))), ())
    return ()


def read(described: types.Type, annotation: Any, kinds: Kinds) -> Declared:
    """The declaration in `annotation`, which msgspec has `described`."""
    description = None
    while True:
        if isinstance(described, types.Metadata):
            description = (described.extra_json_schema or {}).get("description")
            described = described.type
        elif isinstance(described, types.UnionType) and len(described.types) == 2:
            others = [each for each in described.types if not isinstance(each, types.NoneType)]
            if len(others) != 1:
                return Declared(described, False, description, annotation, kinds)
            inner = read(others[0], annotation, kinds)
            return inner._replace(optional=True, description=description or inner.description)
        else:
            return Declared(described, False, description, annotation, kinds)
