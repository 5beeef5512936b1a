"""Calls a resource's hooks, and holds them to what a hook may do."""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from datetime import date, datetime
from decimal import Decimal
from inspect import iscoroutine
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from estuary.core.errors import HookFailed, ValidationFailed, Violation
from estuary.core.hooks import Hooks, Reject
from estuary.core.identity import Identity
from estuary.core.observations import HookSlow
from estuary.core.ports import Observer
from estuary.core.resource import Resource

SLOW_SECONDS: Final = 0.05
"""What a hook may take before it is logged: meanwhile its worker answers nobody."""

_BUILTIN: Final = (datetime, date, Decimal, UUID)
_UNCHANGEABLE: Final = frozenset({str, int, float, bool, type(None), *_BUILTIN})


def hook_calls_of(
    resource: Resource, monotonic: Callable[[], float], observe: Observer
) -> "HookCalls | None":
    """What calls the hooks of `resource`; None where it has none."""
    return None if resource.hooks is None else HookCalls(resource, resource.hooks, monotonic, observe)


class HookCalls:
    """The hooks of one resource. `monotonic` is a clock in seconds; slow hooks are observed.

    A hook is given copies of lists and objects, for stores share values. Whatever it does but return or
    raise `Reject` is `HookFailed`, a defect that ends one request.
    """

    def __init__(
        self, resource: Resource, hooks: Hooks, monotonic: Callable[[], float], observe: Observer
    ) -> None:
        self._resource = resource
        self._hooks = hooks
        self._monotonic = monotonic
        self._observe = observe
        self._kinds = [(field.name, field.kind, field.optional) for field in resource.writable]
        self._names = resource.field_names
        self._read_only = [field.name for field in resource.fields if field.server_value is not None]
        self.see_updates: Final = hooks.before_update is not None or hooks.validate is not None
        """Whether an update depends on the record that is there."""

    def created(self, value: msgspec.Struct, identity: Identity | None) -> msgspec.Struct:
        """What is to be kept where `value` is to be created; raises `ValidationFailed`, `HookFailed`."""
        hook = self._hooks.before_create
        if hook is not None:
            changes = self._changed("before_create", hook, (value,), identity)
            value = replace(value, **changes) if changes else value
        self.validate(value, identity)
        return value

    def updated(
        self, old: msgspec.Struct, changes: Mapping[str, Any], identity: Identity | None
    ) -> Mapping[str, Any]:
        """The changes to make where `changes` are to be made to `old`; raises as `created` does."""
        hook = self._hooks.before_update
        if hook is not None:
            new = replace(old, **changes)
            changes = {**changes, **self._changed("before_update", hook, (old, new), identity)}
        if self._hooks.validate is not None:
            self.validate(replace(old, **changes), identity)
        return changes

    def validate(self, value: msgspec.Struct, identity: Identity | None) -> None:
        """Raise `ValidationFailed` where `value` is not to be kept, `HookFailed`."""
        hook = self._hooks.validate
        if hook is None:
            return
        returned = self._called("validate", hook, (_lent(value),), (value,), identity)
        if returned is not None:
            raise self._failed("validate", f"returned {_type_of(returned)}: it must return None")

    def _changed(
        self,
        name: str,
        hook: Callable[..., Any],
        values: Sequence[msgspec.Struct],
        identity: Identity | None,
    ) -> dict[str, Any]:
        """The fields in which what `hook` returns differs from the last of `values`, cleaned."""
        lent = [_lent(value) for value in values]
        returned = self._called(name, hook, lent, values, identity)
        value_type = self._resource.value_type
        if not isinstance(returned, value_type):
            raise self._failed(name, f"returned {_type_of(returned)}: it must return {value_type.__name__}")
        given = lent[-1]
        for field in self._read_only:
            if getattr(returned, field) != getattr(given, field):
                raise self._failed(name, f"changed {field}, which the server sets: return it as it was")
        changes: dict[str, Any] = {}
        for field, kind, optional in self._kinds:
            value = getattr(returned, field)
            if value is getattr(given, field):
                continue
            if value is None and optional:
                changes[field] = None
                continue
            try:
                plain = msgspec.to_builtins(value, builtin_types=_BUILTIN)
                typed = msgspec.convert(plain, kind.kept)
                revived = kind.revived  # apart: compiled, a property that is called gives itself
                changes[field] = typed if revived is None else revived(typed)
            except (TypeError, ValueError, OverflowError, RecursionError) as error:
                raise self._failed(name, f"returned a wrong {field}: {error}") from error
        return changes | self._resource.changes(self._resource.changes_type(**changes))

    def _called(
        self,
        name: str,
        hook: Callable[..., Any],
        lent: Sequence[msgspec.Struct],
        values: Sequence[msgspec.Struct],
        identity: Identity | None,
    ) -> Any:
        begun = self._monotonic()
        try:
            returned = hook(*lent, identity)
        except Reject as reject:
            raise ValidationFailed([Violation(reject.field, reject.message, reject.code)]) from reject
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            # SystemExit and CancelledError, too: a hook ends no more than its request.
            raise self._failed(name, f"raised {_type_of(error)}") from error
        finally:
            seconds = self._monotonic() - begun
            if seconds > SLOW_SECONDS:
                self._observe(HookSlow(self._resource.name, name, seconds))
        for given, value in zip(lent, values, strict=True):
            if given is not value and any(
                getattr(given, field) != getattr(value, field) for field in self._names
            ):
                raise self._failed(
                    name, "changed its argument: return a copy, as msgspec.structs.replace does"
                )
        if iscoroutine(returned):
            returned.close()  # or the interpreter warns that nothing awaited it
        return returned

    def _failed(self, name: str, what: str) -> HookFailed:
        return HookFailed(self._resource.name, name, what)


def _lent(value: msgspec.Struct) -> msgspec.Struct:
    """`value`, with copies of what could be changed in it."""
    copies = {
        name: deepcopy(held)
        for name in value.__struct_fields__
        if type(held := getattr(value, name)) not in _UNCHANGEABLE
    }
    return replace(value, **copies) if copies else value


def _type_of(value: object) -> str:
    return "None" if value is None else type(value).__name__
