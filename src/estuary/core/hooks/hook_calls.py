"""Calls a resource's hooks, and holds them to what a hook may do."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import date, datetime
from decimal import Decimal
from types import CoroutineType
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from estuary.core.access.identity import Identity
from estuary.core.errors import HookFailed, ValidationFailed, Violation
from estuary.core.field import Field
from estuary.core.hooks.hooks import Hooks, Reject
from estuary.core.observations import HookSlow
from estuary.core.ports import Observer
from estuary.core.resource import Resource

SLOW_SECONDS: Final = 0.05
"""The seconds that a hook may take before it is logged: meanwhile its worker answers no other request."""

_BUILTIN: Final = (datetime, date, Decimal, UUID)
_IMMUTABLE: Final = frozenset({str, int, float, bool, type(None), *_BUILTIN})


class HookCalls:
    """The hooks of one resource. `monotonic` is a clock in seconds; slow hooks are observed.

    A hook is given copies of lists and objects, for stores share values. Whatever it does but return or
    raise `Reject` is `HookFailed`, a defect that ends one request.
    """

    def __init__(
        self, resource: Resource, hooks: Hooks, monotonic: Callable[[], float], observe: Observer
    ) -> None:
        self._name = resource.name
        self._value_type = resource.value_type
        self._cleaned = resource.cleaned_values
        self._before_create = hooks.before_create
        self._before_update = hooks.before_update
        self._validate = hooks.validate
        self._monotonic = monotonic
        self._observe = observe
        self._fields = [_ReturnedField(field) for field in resource.writable]
        self._read_only = [field.name for field in resource.fields if field.server_value is not None]
        self._mutable = [field.name for field in self._fields if not field.is_immutable]
        self.see_updates: Final = hooks.before_update is not None or hooks.validate is not None
        """Whether an update depends on the record that is there."""

    def created(self, value: msgspec.Struct, identity: Identity | None) -> msgspec.Struct:
        """What is to be kept where `value` is to be created; raises `ValidationFailed`, `HookFailed`."""
        hook = self._before_create
        if hook is not None:
            changes = self._changed("before_create", hook, (value,), identity)
            if changes:
                value = replace(value, **changes)
        self.validate(value, identity)
        return value

    def updated(
        self, old: msgspec.Struct, changes: Mapping[str, Any], identity: Identity | None
    ) -> Mapping[str, Any]:
        """The changes to make where `changes` are to be made to `old`; raises as `created` does."""
        new = replace(old, **changes)
        hook = self._before_update
        if hook is not None:
            more = self._changed("before_update", hook, (old, new), identity)
            if more:
                changes, new = {**changes, **more}, replace(new, **more)
        self.validate(new, identity)
        return changes

    def validate(self, value: msgspec.Struct, identity: Identity | None) -> None:
        """Raise `ValidationFailed` where `value` is not to be kept, `HookFailed`."""
        hook = self._validate
        if hook is None:
            return
        returned = self._called("validate", hook, (self._lent(value),), (value,), identity)
        if returned is not None:
            raise self._mistyped("validate", returned, "None")

    def _changed(
        self,
        name: str,
        hook: Callable[..., Any],
        values: tuple[msgspec.Struct, ...],
        identity: Identity | None,
    ) -> dict[str, Any]:
        """The fields in which what `hook` returns differs from the last of `values`, cleaned."""
        lent = tuple([self._lent(value) for value in values]) if self._mutable else values
        returned = self._called(name, hook, lent, values, identity)
        if not isinstance(returned, self._value_type):
            raise self._mistyped(name, returned, self._value_type.__name__)
        given = lent[-1]
        if returned is given:
            return {}
        for read_only in self._read_only:
            if getattr(returned, read_only) != getattr(given, read_only):
                raise self._failed(name, f"changed {read_only}, which the server sets: return it as it was")
        changes: dict[str, Any] = {}
        for field in self._fields:
            value = getattr(returned, field.name)
            if value is not getattr(given, field.name):
                try:
                    changes[field.name] = field.typed(value)
                except (TypeError, ValueError, OverflowError, RecursionError) as error:
                    raise self._failed(name, f"returned a wrong {field.name}: {error}", error) from error
        return self._cleaned(changes) if changes else changes

    def _called(
        self,
        name: str,
        hook: Callable[..., Any],
        lent: tuple[msgspec.Struct, ...],
        values: tuple[msgspec.Struct, ...],
        identity: Identity | None,
    ) -> Any:
        """The result of `hook` for `lent`: `values`, with copies of what a hook could change."""
        begun = self._monotonic()
        try:
            returned = hook(*lent, identity)
        except Reject as reject:
            raise ValidationFailed([Violation(reject.field, reject.message, reject.code)]) from reject
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            # SystemExit and CancelledError, too: a hook ends no more than its request.
            raise self._failed(name, f"raised {_type_of(error)}", error) from error
        finally:
            seconds = self._monotonic() - begun
            if seconds > SLOW_SECONDS:
                self._observe(HookSlow(self._name, name, seconds))
        if self._mutable and any(
            getattr(given, field) != getattr(value, field)
            for given, value in zip(lent, values, strict=True)
            for field in self._mutable
        ):
            raise self._failed(name, "changed its argument: return a copy, as msgspec.structs.replace does")
        return returned

    def _lent(self, value: msgspec.Struct) -> msgspec.Struct:
        """`value`, with copies of what could be changed in it."""
        copies = {
            name: deepcopy(held)
            for name in self._mutable
            if type(held := getattr(value, name)) not in _IMMUTABLE
        }
        return replace(value, **copies) if copies else value

    def _mistyped(self, name: str, returned: object, wanted: str) -> HookFailed:
        if isinstance(returned, CoroutineType):
            returned.close()  # or the interpreter warns that nothing awaited it
        return self._failed(name, f"returned {_type_of(returned)}: it must return {wanted}")

    def _failed(self, name: str, what: str, cause: BaseException | None = None) -> HookFailed:
        failed = HookFailed(self._name, name, what)
        failed.__cause__ = cause  # compiled, `raise ... from` leaves it out, and the log its stack
        return failed


class _ReturnedField:
    """A field of what a hook returns, whose values need not be of the declared type."""

    __slots__ = ("_is_plain", "_kept", "_optional", "_revived", "is_immutable", "name")

    def __init__(self, field: Field) -> None:
        self.name: Final = field.name
        self._optional: Final = field.optional
        self._kept: Final = field.kind.kept
        self._revived: Final = field.kind.revived
        self._is_plain: Final = _is_immutable(self._kept)
        self.is_immutable: Final = _is_immutable(getattr(self._kept, "__origin__", self._kept))
        """Whether its values are; for `Annotated` and generic types the origin decides."""

    def typed(self, value: Any) -> Any:
        """`value` as one of the declared type; raises `TypeError`, `ValueError`, `RecursionError`.

        A text with a lone surrogate is refused, too: no answer could hold it.
        """
        if self._is_plain and type(value) is self._kept:
            if isinstance(value, str):
                value.encode()
            return value  # the way through msgspec costs several times as much, for the same value
        if value is None and self._optional:
            return None
        plain = msgspec.to_builtins(value, builtin_types=_BUILTIN)
        msgspec.json.encode(plain)
        typed = msgspec.convert(plain, self._kept)
        revived = self._revived  # apart: compiled, an attribute that is called is taken for a method
        return typed if revived is None else revived(typed)


def _is_immutable(kept: object) -> bool:
    return any(kept is each for each in _IMMUTABLE)


def _type_of(value: object) -> str:
    return "None" if value is None else type(value).__name__
