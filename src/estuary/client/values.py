"""Values of a resource: how a type's fields are read from a record's JSON, and what of them is sent."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import NODEFAULT, UNSET, Raw, Struct
from msgspec.inspect import AnyType, DataclassType, DictType, StructType, TypedDictType, type_info
from msgspec.structs import FieldInfo

from estuary.core.markers import Hidden, markers_of

METADATA: Final = ("id", "created_at", "updated_at", "expand")
"""The members of a record's JSON that are not its fields."""

_encode: Final = msgspec.json.Encoder().encode

Fields: TypeAlias = dict[str, Any]
"""Values of fields, by name."""


def names_of(value_type: Any) -> tuple[str, ...] | None:
    """The names of the fields of a type, as they are encoded; None for a `dict`, which may have any.

    Raises `TypeError` for a type that is not read from a JSON object.
    """
    match type_info(value_type):
        case StructType(fields=fields) | DataclassType(fields=fields) | TypedDictType(fields=fields):
            return tuple(each.encode_name for each in fields)
        case DictType(value_type=AnyType()):
            return None
    raise TypeError(
        f"{value_type!r} is no type of a record's value: use a Struct, a dataclass or dict[str, Any]"
    )


def reader_of(value_type: Any) -> Callable[[bytes | Raw], Any]:
    """A function that reads a record's JSON as the type; it raises msgspec's errors."""
    if names_of(value_type) is None:
        return _read_members
    if isinstance(value_type, type) and issubclass(value_type, Struct):
        return _struct_reader(value_type)
    return msgspec.json.Decoder(value_type).decode


def fields_of(value: Any) -> Fields:
    """The fields of a value by name; those that are unset are left out.

    Raises `TypeError` for a value that has no fields.
    """
    if isinstance(value, Struct):
        named = {each.encode_name: getattr(value, each.name) for each in msgspec.structs.fields(value)}
        return {name: each for name, each in named.items() if each is not UNSET}
    plain = value if isinstance(value, Mapping) else msgspec.to_builtins(value)
    if not isinstance(plain, Mapping):
        raise TypeError(f"a record's value has fields, and {value!r} has none")
    return {name: each for name, each in plain.items() if name not in METADATA}


def encoded(value: Any) -> bytes:
    """`value` as JSON; decimals are strings without an exponent, as the service takes them."""
    return _encode(_plain(msgspec.to_builtins(value, builtin_types=(Decimal,))))


def spelled(value: Any) -> str:
    """A field's value as it stands in a URL: strings as they are, all else as JSON."""
    plain = _plain(msgspec.to_builtins(value, builtin_types=(Decimal,)))
    return plain if isinstance(plain, str) else _encode(plain).decode()


def replaces(value: Any) -> bool:
    """Whether a merge patch with this value replaces the old one as a whole (RFC 7396).

    An object does not, unless it is a Struct: members that it does not name stay, and null removes one.
    """
    if isinstance(value, Struct):
        complete = not value.__struct_config__.omit_defaults
        return complete and all(replaces(each) for each in msgspec.structs.asdict(value).values())
    return not isinstance(msgspec.to_builtins(value), Mapping)


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            return format(value, "f")
        case dict():
            return {name: _plain(each) for name, each in value.items()}
        case list():
            return [_plain(each) for each in value]
    return value


def _read_members(body: bytes | Raw) -> Fields:
    members = msgspec.json.decode(body, type=dict[str, Any])
    return {name: value for name, value in members.items() if name not in METADATA}


def _struct_reader(value_type: type[Struct]) -> Callable[[bytes | Raw], Any]:
    """Reads a Struct. No answer has its hidden fields: these get their default, or are unset."""
    declared = msgspec.structs.fields(value_type)
    hidden = [each for each in declared if _is_hidden(each)]
    unset = {each.name: UNSET for each in hidden if each.required}
    if not unset and not value_type.__struct_config__.forbid_unknown_fields:
        return msgspec.json.Decoder(value_type).decode
    shown = [each for each in declared if each not in hidden]
    renamed = {each.name: each.encode_name for each in shown}
    wire = msgspec.defstruct(value_type.__name__, map(_as_declared, shown), kw_only=True, rename=renamed)
    decode = msgspec.json.Decoder(wire).decode

    def read(body: bytes | Raw) -> Any:
        return value_type(**msgspec.structs.asdict(decode(body)), **unset)

    return read


def _is_hidden(field: FieldInfo) -> bool:
    return any(isinstance(marker, Hidden) for marker in markers_of(field.type))


def _as_declared(field: FieldInfo) -> tuple[str, Any] | tuple[str, Any, Any]:
    if field.required:
        return field.name, field.type
    if field.default_factory is not NODEFAULT:
        return field.name, field.type, msgspec.field(default_factory=field.default_factory)
    return field.name, field.type, field.default
