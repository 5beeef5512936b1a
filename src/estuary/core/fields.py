"""The fields that a Struct declares, found once; and the types that their values are decoded into."""

import re
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final, TypeVar

import msgspec
from msgspec import inspect as types

from estuary.core.declarations import DeclarationError, Faults
from estuary.core.errors import ValidationFailed
from estuary.core.field import Field
from estuary.core.former_names import check_former_names
from estuary.core.kinds.declared import Declared, Kinds, kind_of, read
from estuary.core.kinds.kind import Broken, Kind, Unservable
from estuary.core.kinds.server_values import Maker, ServerValue
from estuary.core.markers import Hidden, Index, Marker, Unique, Was, markers_of, unknown_in

M = TypeVar("M", bound=Marker)

NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
"""The names of resources and fields."""


def fields_of(
    value_type: type[msgspec.Struct], kinds: Kinds, reserved: Collection[str] = ()
) -> tuple[Field, ...]:
    """The fields of `value_type`, each of one of `kinds`; raises `DeclarationError` for all faults."""
    described = types.type_info(value_type)
    if not isinstance(described, types.StructType):
        raise DeclarationError(
            f"{value_type!r} is not a msgspec Struct: declare a class of msgspec.Struct with frozen=True"
        )
    if not value_type.__struct_config__.frozen:
        raise DeclarationError(
            f"{value_type.__name__} must be declared with frozen=True: stores share values"
        )
    if not described.fields:
        raise DeclarationError(f"{value_type.__name__} declares no field")
    annotated = msgspec.structs.fields(value_type)
    fields, faults = [], Faults()
    with faults:
        _check_attributes(value_type)
    for each, info in zip(described.fields, annotated, strict=True):
        with faults:
            _check_name(each, reserved)
        with faults:
            field = _field_of(each, info.type, kinds)
            fields.append(field)
            if not field.required:
                _check_default(field, info)
    with faults:
        check_former_names(fields, reserved, NAME)
    faults.demand_none()
    return tuple(fields)


def _check_attributes(value_type: type[msgspec.Struct]) -> None:
    """A value without a type is an attribute of the class, which hardly anybody means."""
    for each in value_type.__mro__:
        for name, value in vars(each).items():
            is_meant = name.startswith("_") or isinstance(value, type) or hasattr(value, "__get__")
            if not is_meant and name not in each.__annotations__:
                raise DeclarationError(
                    f"{each.__name__}.{name} has no type, and so is no field: "
                    f"declare `{name}: {type(value).__name__} = …`, or a ClassVar"
                )


def makers_of(value_type: type[msgspec.Struct], fields: Sequence[Field]) -> dict[str, Maker]:
    """What makes the values that the server sets, by field; raises `DeclarationError` for all faults."""
    declared = {info.name: info.default for info in msgspec.structs.fields(value_type)}
    makers, faults = {}, Faults()
    for field in fields:
        if field.server_value is not None:
            with faults:
                makers[field.name] = _maker(field, field.server_value, declared[field.name])
    faults.demand_none()
    return makers


def _maker(field: Field, value: ServerValue, default: Any) -> Maker:
    try:
        return value.maker(field.kind, default)
    except Unservable as error:
        raise DeclarationError(f"field {field.name!r}: {error}") from error


def struct_of(
    value_type: type[msgspec.Struct], fields: Sequence[Field], suffix: str, type_of: Callable[[Kind], Any]
) -> type[msgspec.Struct]:
    """A Struct of `fields` with the defaults of `value_type`, each of the type that its kind has for it."""
    declared = {info.name: info for info in msgspec.structs.fields(value_type)}
    return msgspec.defstruct(
        f"{value_type.__name__}{suffix}",
        [_member(field, type_of(field.kind), declared[field.name]) for field in fields],
        kw_only=True,
    )


def patch_of(value_type: type[msgspec.Struct], fields: Sequence[Field]) -> type[msgspec.Struct]:
    """What a merge patch of `fields` decodes into (RFC 7396): one that is unset stays, null clears it."""
    return msgspec.defstruct(
        f"{value_type.__name__}Patch",
        [(each.name, each.kind.patch | None | msgspec.UnsetType, msgspec.UNSET) for each in fields],
        kw_only=True,
    )


def _member(
    field: Field, type_: Any, declared: msgspec.structs.FieldInfo
) -> tuple[str, Any] | tuple[str, Any, Any]:
    type_ = type_ | None if field.optional else type_
    if field.required:
        return (field.name, type_)
    if declared.default_factory is not msgspec.NODEFAULT:
        return (field.name, type_, msgspec.field(default_factory=declared.default_factory))
    return (field.name, type_, declared.default)


def _check_name(field: types.Field, reserved: Collection[str]) -> None:
    name = field.name
    if name in reserved:
        raise DeclarationError(f"field {name!r} is Estuary's own; choose another name")
    if not NAME.fullmatch(name):
        raise DeclarationError(f"field name {name!r}: use a-z, 0-9 and _, at most 40")
    if "__" in name:
        raise DeclarationError(f"field name {name!r}: use no two _ in a row")
    if field.encode_name != name:
        raise DeclarationError(
            f"field {name!r} is renamed to {field.encode_name!r}: declare it under that name"
        )


def _field_of(field: types.Field, annotation: Any, kinds: Kinds) -> Field:
    name, declared = field.name, read(field.type, annotation, kinds)
    kind = _kind_of(name, declared)
    markers = list(markers_of(annotation))
    for marker in markers:
        if marker.of_some_kinds and not isinstance(marker, kind.takes):
            raise DeclarationError(f"field {name!r}: {type(marker).__name__} says nothing of such a field")
    unknown = next(unknown_in(annotation), None)
    if unknown is not None:
        raise DeclarationError(
            f"field {name!r} is Annotated with {unknown!r}, which Estuary does not know: "
            "rules are msgspec.Meta(…), and markers are estuary's Index, Unique, Hidden, Was, Digits, Ref, "
            "Now and Subject"
        )
    return Field(
        name=name,
        kind=kind.nullable() if declared.optional else kind,
        optional=declared.optional,
        required=field.required,
        description=declared.description,
        hidden=_marker(Hidden, markers) is not None,
        indexed=kind.refers is not None or _marker(Index, markers) is not None,
        unique=_marker(Unique, markers),
        former_names=_former_names(name, markers),
        server_value=_server_value(name, markers),
    )


def _marker(kind: type[M], markers: Sequence[Marker]) -> M | None:
    return next((marker for marker in markers if isinstance(marker, kind)), None)


def _former_names(name: str, markers: Sequence[Marker]) -> tuple[str, ...]:
    found = [marker for marker in markers if isinstance(marker, Was)]
    if any(not each.names for each in found):
        raise DeclarationError(f'field {name!r}: Was says what it was called before, as Was("old_name")')
    return tuple(former for each in found for former in each.names)


def _server_value(name: str, markers: Sequence[Marker]) -> ServerValue | None:
    found = {type(marker): marker for marker in markers if isinstance(marker, ServerValue)}
    if len(found) > 1:
        named = " and ".join(sorted(each.__name__ for each in found))
        raise DeclarationError(f"field {name!r}: {named} are two values: choose one of them")
    return next(iter(found.values()), None)


def _kind_of(name: str, declared: Declared) -> Kind:
    try:
        found = kind_of(declared)
    except Unservable as error:
        raise DeclarationError(f"field {name!r}: {error}") from error
    if found is None:
        usable = ", ".join(kind.annotation for kind in declared.kinds)
        raise DeclarationError(
            f"field {name!r} has a type Estuary cannot serve: use {usable}, or one of these with `| None`"
        )
    return found


def _check_default(field: Field, declared: msgspec.structs.FieldInfo) -> None:
    """A create request that leaves the field out must not be refused for what the client never sent."""
    factory = declared.default_factory
    default = declared.default if factory is msgspec.NODEFAULT else factory()
    if default is None:
        if not field.optional:
            raise DeclarationError(
                f"field {field.name!r} has the default None: declare its type with `| None`"
            )
        return
    try:
        field.kind.check_default(default)
    except (msgspec.ValidationError, ValidationFailed, Broken) as error:
        raise DeclarationError(f"field {field.name!r} has the default {default!r}: {error}") from error
