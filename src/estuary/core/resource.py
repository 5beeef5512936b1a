"""A resource: one declared msgspec Struct from which routes, validation, SQL and OpenAPI follow."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar

import msgspec
from msgspec import inspect as types

from estuary.core.attributes import Attribute, attributes_of
from estuary.core.field import Field
from estuary.core.index_declarations import DeclarationError, check_index, check_names, unique_keys_of
from estuary.core.indexes import IndexDefinition, indexes_of
from estuary.core.kinds import KINDS
from estuary.core.kinds.declared import Declared, read
from estuary.core.kinds.kind import Broken, Kind, Unservable
from estuary.core.markers import Hidden, Index, Marker, Unique, markers_of
from estuary.core.moments import AwareDatetime
from estuary.core.plans import Plans
from estuary.core.rules import Rules

__all__ = ["RESERVED_FIELDS", "AwareDatetime", "DeclarationError", "Resource"]

RESERVED_FIELDS = frozenset({"id", "version", "created_at", "updated_at", "owner", "expand"})
RESERVED_NAMES = frozenset({"batch", "keys", "changes", "tickets"})
"""Of resources: what stands, or will stand, in their place in a path."""

M = TypeVar("M", bound=Marker)

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


class Resource:
    """What a declaration says, worked out once.

    `name` is the plural in paths, tables and metrics (lower case, digits, underscores);
    `value_type` is a frozen msgspec Struct whose fields carry their rules as `msgspec.Meta`;
    `singular` names one record in documents (by default `name` without its last "s");
    `indexes` are those over several fields, each as names with `-` in front of what descends;
    `unique` are keys of several fields, each as names, or as `Unique` with names;
    `kinds` are the kinds that its fields can have, those that come with Estuary unless others are given.
    Raises `DeclarationError` for whatever could not be served as declared: a field of none of the kinds,
    a reserved name, a rule Estuary does not know, a default that breaks its own field's rules.
    """

    def __init__(
        self,
        name: str,
        value_type: type[msgspec.Struct],
        *,
        singular: str | None = None,
        indexes: Sequence[Sequence[str]] = (),
        unique: Sequence[Sequence[str] | Unique] = (),
        kinds: Sequence[type[Kind]] = KINDS,
    ) -> None:
        if not _NAME.fullmatch(name):
            raise DeclarationError(f"resource name {name!r}: use a-z, 0-9 and _, at most 40")
        if name in RESERVED_NAMES:
            raise DeclarationError(f"resource name {name!r} is Estuary's own; choose another name")
        self.name = name
        self.singular = singular or name.removesuffix("s")
        self.value_type = value_type
        self.description = (value_type.__doc__ or "").strip()
        self.fields = _fields_of(value_type, kinds)
        self.attributes: Mapping[str, Attribute] = {each.name: each for each in attributes_of(self.fields)}
        self.unique_keys = unique_keys_of(self.fields, self.attributes, unique, self._declared)
        self.indexes = self._indexes(indexes)
        self.plans = Plans(self.indexes)
        """Which of them serves a list query."""
        rules = Rules(self.fields, self.restored)
        self.value = rules.value
        """The value that a draft stands for, cleaned; raises `ValidationFailed` for every broken rule."""
        self.changes = rules.changes
        """The fields that changes set, cleaned; raises `ValidationFailed`."""
        self.patch = rules.patch
        """The fields that a merge patch of a value sets or clears, cleaned; raises `ValidationFailed`.

        The value is needed where the patch `merges`, and may be None elsewhere.
        """
        self.merges = rules.merges
        """Whether what a merge patch makes of the record depends on what there is of it."""
        for field in self.fields:
            if not field.required:
                _check_default(field, self._declared(field))

    def __repr__(self) -> str:
        return f"Resource({self.name!r}, {self.value_type.__name__})"

    @cached_property
    def field_names(self) -> tuple[str, ...]:
        """The declared fields' names, in order."""
        return tuple(field.name for field in self.fields)

    @cached_property
    def draft_type(self) -> type[msgspec.Struct]:
        """What a create request decodes into: the declared types and defaults, without the rules."""
        return self._struct("Draft", lambda kind: kind.wire)

    @cached_property
    def kept_type(self) -> type[msgspec.Struct]:
        """What was kept as JSON decodes into: the types behind the rules, and the declared defaults."""
        return self._struct("Kept", lambda kind: kind.kept)

    @cached_property
    def changes_type(self) -> type[msgspec.Struct]:
        """What an update decodes into: every field may be absent or null, and then stays as it is."""
        return msgspec.defstruct(
            f"{self.value_type.__name__}Changes",
            [(field.name, field.kind.wire | None, None) for field in self.fields],
            kw_only=True,
        )

    @cached_property
    def patch_type(self) -> type[msgspec.Struct]:
        """What a merge patch decodes into (RFC 7396): a field that is unset stays, null clears it."""
        fields = [
            (each.name, each.kind.patch | None | msgspec.UnsetType, msgspec.UNSET) for each in self.fields
        ]
        return msgspec.defstruct(f"{self.value_type.__name__}Patch", fields, kw_only=True)

    @cached_property
    def restored(self) -> Callable[..., msgspec.Struct]:
        """Makes the value a store kept of its fields in their order, as `restore` does of named ones."""
        if self.value_type.__match_args__ == self.field_names:
            return self.value_type
        return lambda *values: self.restore(dict(zip(self.field_names, values, strict=True)))

    def restore(self, values: Mapping[str, Any]) -> msgspec.Struct:
        """The value a store kept; its fields were checked when they were written."""
        return self.value_type(**values)

    def _indexes(self, declared: Sequence[Sequence[str]]) -> tuple[IndexDefinition, ...]:
        """All that serve its lists; raises `DeclarationError` for one that no engine could keep."""
        hidden = next((field.name for field in self.fields if field.indexed and field.hidden), None)
        if hidden is not None:
            raise DeclarationError(
                f"field {hidden!r} is Hidden: nothing can be asked of it, nor has it an Index"
            )
        for names in declared:
            check_names(names, self.attributes)
        marked = [field.name for field in self.fields if field.indexed]
        found = indexes_of(marked, declared)
        for index in found:
            check_index([key.field for key in index.keys if key.field != "id"], self.attributes)
        return found

    def _struct(self, suffix: str, type_of: Callable[[Kind], Any]) -> type[msgspec.Struct]:
        """A Struct of all fields with the declared defaults, each of the type that its kind has for it."""
        return msgspec.defstruct(
            f"{self.value_type.__name__}{suffix}",
            [self._member(field, type_of(field.kind)) for field in self.fields],
            kw_only=True,
        )

    def _member(self, field: Field, type_: Any) -> tuple[str, Any] | tuple[str, Any, Any]:
        type_ = type_ | None if field.optional else type_
        return (field.name, type_) if field.required else (field.name, type_, self._default(field))

    def _default(self, field: Field) -> Any:
        declared = self._declared(field)
        if declared.default_factory is not msgspec.NODEFAULT:
            return msgspec.field(default_factory=declared.default_factory)
        return declared.default

    def _declared(self, field: Field) -> msgspec.structs.FieldInfo:
        return next(f for f in msgspec.structs.fields(self.value_type) if f.name == field.name)


def _fields_of(value_type: type[msgspec.Struct], kinds: Sequence[type[Kind]]) -> tuple[Field, ...]:
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
        _field_of(field, info.type, kinds) for field, info in zip(described.fields, annotated, strict=True)
    )


def _field_of(field: types.Field, annotation: Any, kinds: Sequence[type[Kind]]) -> Field:
    name, declared = field.name, read(field.type, annotation)
    if name in RESERVED_FIELDS:
        raise DeclarationError(f"field {name!r} is Estuary's own; choose another name")
    if not _NAME.fullmatch(name):
        raise DeclarationError(f"field name {name!r}: use a-z, 0-9 and _, at most 40")
    if "__" in name:
        raise DeclarationError(f"field name {name!r}: use no two _ in a row")
    if field.encode_name != name:
        raise DeclarationError(
            f"field {name!r} is renamed to {field.encode_name!r}: declare it under that name"
        )
    kind = _kind_of(name, declared, kinds)
    markers = list(markers_of(annotation))
    return Field(
        name=name,
        kind=kind.nullable() if declared.optional else kind,
        optional=declared.optional,
        required=field.required,
        description=declared.description,
        hidden=_marker(Hidden, markers) is not None,
        indexed=_marker(Index, markers) is not None,
        unique=_marker(Unique, markers),
    )


def _marker(kind: type[M], markers: Sequence[Marker]) -> M | None:
    return next((marker for marker in markers if isinstance(marker, kind)), None)


def _kind_of(name: str, declared: Declared, kinds: Sequence[type[Kind]]) -> Kind:
    try:
        found = next((kind for each in kinds if (kind := each.of(declared)) is not None), None)
    except Unservable as error:
        raise DeclarationError(f"field {name!r}: {error}") from error
    if found is None:
        usable = ", ".join(kind.annotation for kind in kinds)
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
    except (msgspec.ValidationError, Broken) as error:
        raise DeclarationError(f"field {field.name!r} has the default {default!r}: {error}") from error
