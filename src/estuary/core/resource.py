"""A resource: one declared msgspec Struct from which routes, validation, SQL and OpenAPI follow."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import msgspec

from estuary.core.access.access import Access, access_of
from estuary.core.declarations import DeclarationError, Faults, declaring
from estuary.core.field import Field
from estuary.core.fields import NAME, fields_of, makers_of, patch_of, struct_of
from estuary.core.former_names import FormerNames
from estuary.core.hooks.hook_declarations import hooks_of
from estuary.core.hooks.hooks import Hooks
from estuary.core.kinds.every import KINDS
from estuary.core.kinds.kind import Kind
from estuary.core.markers import Unique
from estuary.core.moments import AwareDatetime
from estuary.core.queries.attributes import Attribute, attributes_of
from estuary.core.queries.index_declarations import declared_indexes, unique_keys_of
from estuary.core.queries.plans import Plans
from estuary.core.references.reference_declarations import foreign_keys_of
from estuary.core.rules import Rules
from estuary.core.writes.new_values import NewValues

__all__ = ["RESERVED_FIELDS", "AwareDatetime", "DeclarationError", "Resource"]

RESERVED_FIELDS = frozenset({"id", "version", "created_at", "updated_at", "owner", "expand"})
RESERVED_NAMES = frozenset({"batch", "keys", "changes", "tickets"})
"""Names that no resource may have: they are, or will be, other paths of the API."""


class Resource:
    """Declares a kind of record that the service keeps and serves: `BOOKS = Resource("books", Book)`.

    `name` is the plural in paths, tables and metrics (lower case, digits, underscores);
    `value_type` is a frozen msgspec Struct whose fields carry their rules as `msgspec.Meta`;
    `singular` names one record in documents (by default `name` without its last "s");
    `indexes` are those over several fields, each as names with `-` in front of what descends;
    `unique` are keys of several fields, each as names, or as `Unique` with names;
    `hooks` are called before its records are written;
    `access` says who may do what with its records, by default everyone with a token that holds;
    `kinds` are the kinds that its fields can have, those that come with Estuary unless others are given.
    Raises `DeclarationError` for all that could not be served as declared: a field of none of the kinds,
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
        hooks: Hooks | None = None,
        access: Access | None = None,
        kinds: Sequence[type[Kind]] = KINDS,
    ) -> None:
        self.name = name
        self.singular = singular or name.removesuffix("s")
        self.value_type = value_type
        self.description = (value_type.__doc__ or "").strip()
        with declaring(self):
            self._declare(indexes, unique, hooks, access, kinds)

    def _declare(
        self,
        indexes: Sequence[Sequence[str]],
        unique: Sequence[Sequence[str] | Unique],
        hooks: Hooks | None,
        access: Access | None,
        kinds: Sequence[type[Kind]],
    ) -> None:
        faults = Faults()
        with faults:
            _check_name(self.name)
        with faults:
            self.hooks = hooks_of(hooks)
            """The hooks that are called before a write; None where there are none."""
        with faults:
            self.access = access_of(access)
            """Who may do what; None where nothing is declared."""
        with faults:
            self.fields = fields_of(self.value_type, kinds, RESERVED_FIELDS)
        faults.demand_none()  # what follows would repeat them
        self.former_names = FormerNames(self.fields)
        """Reads what was written when its fields had other names."""
        self.writable = tuple(field for field in self.fields if field.server_value is None)
        """The fields that clients write; the server sets the others."""
        self.attributes: Mapping[str, Attribute] = {each.name: each for each in attributes_of(self.fields)}
        self.unordered = frozenset(each.name for each in self.attributes.values() if not each.kind.sortable)
        """The fields that lists cannot be sorted by, and that no index can have."""
        with faults:
            self.unique_keys = unique_keys_of(self.fields, self.attributes, unique, self._declared)
        with faults:
            self.foreign_keys = foreign_keys_of(self.name, self.fields)
            """By which its records refer to others."""
        with faults:
            self.indexes = declared_indexes(self.fields, self.attributes, indexes)
        with faults:
            makers = makers_of(self.value_type, self.fields)
        faults.demand_none()
        self.plans = Plans(self.indexes)
        """Which of them serves a list query."""
        values = NewValues(self.fields, makers, self.restored)
        self.created = values.created
        """The value that a draft stands for, cleaned; raises `ValidationFailed` for every broken rule.

        It depends on when it is created and on who asks, where the server sets fields.
        """
        self.imported = values.imported
        """The value of a line of an import, whose record was created at a moment; raises as `created`."""
        rules = Rules(self.writable)
        self.changes = rules.changes
        """The fields that changes set, cleaned; raises `ValidationFailed`."""
        self.cleaned_values = rules.cleaned_values
        """Values of some fields by their names, cleaned; raises `ValidationFailed`."""
        self.patch = rules.patch
        """The fields that a merge patch of a value sets or clears, cleaned; raises `ValidationFailed`.

        The value is needed where the patch `merges`, and may be None elsewhere.
        """
        self.merges = rules.merges
        """Whether what a merge patch makes of the record depends on what there is of it."""

    def __repr__(self) -> str:
        return f"Resource({self.name!r}, {self.value_type.__name__})"

    @cached_property
    def field_names(self) -> tuple[str, ...]:
        """The declared fields' names, in order."""
        return tuple(field.name for field in self.fields)

    @cached_property
    def unseen_names(self) -> frozenset[str]:
        """The names of the fields that clients write and never see."""
        return frozenset(field.name for field in self.writable if field.hidden)

    @cached_property
    def depends_on_asker(self) -> bool:
        """Whether what a write makes depends on who asks."""
        values = [field.server_value for field in self.fields if field.server_value is not None]
        return self.hooks is not None or any(value.of_asker for value in values)

    @cached_property
    def draft_type(self) -> type[msgspec.Struct]:
        """What a create request decodes into: the declared types and defaults, without the rules."""
        return struct_of(self.value_type, self.writable, "Draft", lambda kind: kind.wire)

    @cached_property
    def kept_type(self) -> type[msgspec.Struct]:
        """The type into which stored JSON decodes: the types behind the rules, the declared defaults."""
        return struct_of(self.value_type, self.fields, "Kept", lambda kind: kind.kept)

    @cached_property
    def changes_type(self) -> type[msgspec.Struct]:
        """What an update decodes into: every field may be absent or null, and then stays as it is."""
        return msgspec.defstruct(
            f"{self.value_type.__name__}Changes",
            [(field.name, field.kind.wire | None, None) for field in self.writable],
            kw_only=True,
        )

    @cached_property
    def patch_type(self) -> type[msgspec.Struct]:
        """What a merge patch decodes into (RFC 7396): a field that is unset stays, null clears it."""
        return patch_of(self.value_type, self.writable)

    @cached_property
    def restored(self) -> Callable[..., msgspec.Struct]:
        """Makes the value a store kept of its fields in their order, as `restore` does of named ones."""
        if self.value_type.__match_args__ == self.field_names:
            return self.value_type
        return lambda *values: self.restore(dict(zip(self.field_names, values, strict=True)))

    def restore(self, values: Mapping[str, Any]) -> msgspec.Struct:
        """The value a store kept; its fields were checked when they were written."""
        return self.value_type(**values)

    def _declared(self, field: Field) -> msgspec.structs.FieldInfo:
        return next(f for f in msgspec.structs.fields(self.value_type) if f.name == field.name)


def _check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise DeclarationError(f"resource name {name!r}: use a-z, 0-9 and _, at most 40")
    if name in RESERVED_NAMES:
        raise DeclarationError(f"resource name {name!r} is Estuary's own; choose another name")
