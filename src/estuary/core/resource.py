"""A resource: one declared msgspec Struct from which routes, validation, SQL and OpenAPI follow."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
from msgspec import inspect as types

from estuary.core.field import Field, Kind
from estuary.core.rules import Broken, Rule, Rules, compile_rule

RESERVED_FIELDS = frozenset({"id", "version", "created_at", "updated_at", "owner"})
AwareDatetime = Annotated[datetime, msgspec.Meta(tz=True)]
"""A moment in time; a clock reading without a zone is not one."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


class DeclarationError(TypeError):
    """A resource is declared in a way Estuary cannot serve: its author's mistake, never a client's."""


class Resource:
    """What a declaration says, worked out once.

    `name` is the plural in paths, tables and metrics (lower case, digits, underscores);
    `value_type` is a frozen msgspec Struct whose fields carry their rules as `msgspec.Meta`;
    `singular` names one record in documents (by default `name` without its last "s").
    Raises `DeclarationError` for whatever could not be served as declared: a field type outside `Kind`,
    a reserved name, a rule Estuary does not know, a default that breaks its own field's rules.
    """

    def __init__(self, name: str, value_type: type[msgspec.Struct], *, singular: str | None = None) -> None:
        if not _NAME.fullmatch(name):
            raise DeclarationError(f"resource name {name!r}: use a-z, 0-9 and _, at most 40")
        self.name = name
        self.singular = singular or name.removesuffix("s")
        self.value_type = value_type
        self.description = (value_type.__doc__ or "").strip()
        self.fields = _fields_of(value_type)
        self._clean = Rules(self.fields).clean
        for field in self.fields:
            if not field.required:
                _check_default(field, compile_rule(field), self._declared(field))

    def __repr__(self) -> str:
        return f"Resource({self.name!r}, {self.value_type.__name__})"

    @cached_property
    def field_names(self) -> tuple[str, ...]:
        """The declared fields' names, in order."""
        return tuple(field.name for field in self.fields)

    @cached_property
    def draft_type(self) -> type[msgspec.Struct]:
        """What a create request decodes into: the declared types and defaults, without the rules."""
        return msgspec.defstruct(
            f"{self.value_type.__name__}Draft",
            [self._draft_field(field) for field in self.fields],
            kw_only=True,
        )

    @cached_property
    def changes_type(self) -> type[msgspec.Struct]:
        """What an update decodes into: every field may be absent or null, and then stays as it is."""
        return msgspec.defstruct(
            f"{self.value_type.__name__}Changes",
            [(field.name, _plain_type(field) | None, None) for field in self.fields],
            kw_only=True,
        )

    def value(self, draft: msgspec.Struct) -> msgspec.Struct:
        """The value that `draft` stands for, cleaned; raises `ValidationFailed` for every broken rule."""
        return self.value_type(**self._clean(draft))

    def changes(self, changes: msgspec.Struct) -> dict[str, Any]:
        """The fields that `changes` sets, cleaned; raises `ValidationFailed`."""
        return self._clean(changes, absent_is_kept=True)

    @cached_property
    def restored(self) -> Callable[..., msgspec.Struct]:
        """Makes the value a store kept of its fields in their order, as `restore` does of named ones."""
        if self.value_type.__match_args__ == self.field_names:
            return self.value_type
        return lambda *values: self.restore(dict(zip(self.field_names, values, strict=True)))

    def restore(self, values: Mapping[str, Any]) -> msgspec.Struct:
        """The value a store kept; its fields were checked when they were written."""
        return self.value_type(**values)

    def _draft_field(self, field: Field) -> tuple[str, Any] | tuple[str, Any, Any]:
        kind = _plain_type(field)
        if field.required:
            return (field.name, kind | None) if field.optional else (field.name, kind)
        return (field.name, kind | None if field.optional else kind, self._default(field))

    def _default(self, field: Field) -> Any:
        declared = self._declared(field)
        if declared.default_factory is not msgspec.NODEFAULT:
            return msgspec.field(default_factory=declared.default_factory)
        return declared.default

    def _declared(self, field: Field) -> msgspec.structs.FieldInfo:
        return next(f for f in msgspec.structs.fields(self.value_type) if f.name == field.name)


def _fields_of(value_type: type[msgspec.Struct]) -> tuple[Field, ...]:
    described = types.type_info(value_type)
    if not isinstance(described, types.StructType):
        raise DeclarationError(f"{value_type!r} is not a msgspec Struct")
    if not value_type.__struct_config__.frozen:
        raise DeclarationError(
            f"{value_type.__name__} must be declared with frozen=True: stores share values"
        )
    if not described.fields:
        raise DeclarationError(f"{value_type.__name__} declares no field")
    annotated = msgspec.structs.fields(value_type)
    return tuple(
        _field_of(field, info.type) for field, info in zip(described.fields, annotated, strict=True)
    )


def _field_of(declared: types.Field, annotation: Any) -> Field:
    name = declared.name
    if name in RESERVED_FIELDS:
        raise DeclarationError(f"field {name!r} is Estuary's own; choose another name")
    if not _NAME.fullmatch(name):
        raise DeclarationError(f"field name {name!r}: use a-z, 0-9 and _, at most 40")
    if declared.encode_name != name:
        raise DeclarationError(
            f"field {name!r} is renamed to {declared.encode_name!r}: declare it under that name"
        )
    bare, optional, description = _without_null(declared.type)
    field = _typed(name, bare)
    if field.kind is Kind.CHOICE:
        # msgspec sorts them; clients are shown them as they are declared.
        choices = tuple(_choices(annotation))
        field = msgspec.structs.replace(field, choices=choices)
    return msgspec.structs.replace(
        field,
        optional=optional,
        required=declared.required,
        description=description or field.description,
    )


def _choices(annotation: Any) -> Iterator[str]:
    """The texts of the Literal in `annotation`, in their order."""
    if get_origin(annotation) is Literal:
        yield from get_args(annotation)
        return
    for part in get_args(getattr(annotation, "__value__", annotation)):
        yield from _choices(part)


def _without_null(declared: types.Type) -> tuple[types.Type, bool, str | None]:
    """The type beneath `| None` and beneath documentation, whether null is allowed, and the text."""
    description = None
    while True:
        if isinstance(declared, types.Metadata):
            description = (declared.extra_json_schema or {}).get("description")
            declared = declared.type
        elif isinstance(declared, types.UnionType) and len(declared.types) == 2:
            others = [t for t in declared.types if not isinstance(t, types.NoneType)]
            if len(others) != 1:
                return declared, False, description
            inner, _, inner_description = _without_null(others[0])
            return inner, True, description or inner_description
        else:
            return declared, False, description


def _typed(name: str, declared: types.Type) -> Field:
    match declared:
        case types.StrType():
            return Field(
                name=name,
                kind=Kind.TEXT,
                min_length=declared.min_length,
                max_length=declared.max_length,
                pattern=declared.pattern,
            )
        case types.IntType() | types.FloatType():
            if declared.multiple_of is not None:
                raise DeclarationError(f"field {name!r}: multiple_of is a rule that Estuary does not know")
            return Field(
                name=name,
                kind=Kind.INTEGER if isinstance(declared, types.IntType) else Kind.FLOAT,
                minimum=declared.ge,
                maximum=declared.le,
                exclusive_minimum=declared.gt,
                exclusive_maximum=declared.lt,
            )
        case types.BoolType():
            return Field(name=name, kind=Kind.BOOLEAN)
        case types.DateTimeType():
            return Field(name=name, kind=Kind.TIMESTAMP)
        case types.LiteralType() if all(isinstance(value, str) for value in declared.values):
            return Field(name=name, kind=Kind.CHOICE, choices=tuple(map(str, declared.values)))
        case types.ListType():
            return _list(name, declared)
        case _:
            raise DeclarationError(
                f"field {name!r} has a type Estuary cannot serve: use str, int, float, bool, datetime, "
                "a Literal of texts, a list of str, or one of these with `| None`"
            )


def _list(name: str, declared: types.ListType) -> Field:
    entry_type, optional, _ = _without_null(declared.item_type)
    entry = _typed(name, entry_type)
    if entry.kind is not Kind.TEXT or optional:
        raise DeclarationError(f"field {name!r}: lists hold texts only")
    return Field(
        name=name,
        kind=Kind.TEXT_LIST,
        min_length=declared.min_length,
        max_length=declared.max_length,
        entry=entry,
    )


def _check_default(field: Field, rule: Rule, declared: msgspec.structs.FieldInfo) -> None:
    """A create request that leaves the field out must not be refused for what the client never sent."""
    factory = declared.default_factory
    default = declared.default if factory is msgspec.NODEFAULT else factory()
    if default is None:
        if not field.optional:
            raise DeclarationError(
                f"field {field.name!r} has the default None: declare its type with `| None`"
            )
        return
    # msgspec takes 3.0 for an integer, but a default is used as it stands.
    if field.kind is Kind.INTEGER and isinstance(default, float):
        raise DeclarationError(f"field {field.name!r} has the default {default!r}: must be a whole number")
    try:
        rule(msgspec.convert(default, _plain_type(field)))
    except (msgspec.ValidationError, Broken) as error:
        raise DeclarationError(f"field {field.name!r} has the default {default!r}: {error}") from error


def _plain_type(field: Field) -> Any:
    """The field's Python type without its rules: a wrong type and a broken rule are different errors."""
    return {
        Kind.TEXT: str,
        Kind.INTEGER: int | float,
        Kind.FLOAT: float,
        Kind.BOOLEAN: bool,
        Kind.TIMESTAMP: AwareDatetime,
        Kind.CHOICE: str,
        Kind.TEXT_LIST: list[str],
    }[field.kind]
