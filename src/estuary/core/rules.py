"""Rules: how the given values of fields are checked and cleaned."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from estuary.core.errors import ValidationFailed, Violation
from estuary.core.field import Field
from estuary.core.kinds.kind import Broken


class Rules:
    """The rules of all `fields` of a resource; `make` makes a value of those, in their order."""

    def __init__(self, fields: Sequence[Field], make: Callable[..., msgspec.Struct]) -> None:
        self._rules = [_FieldRule(field) for field in fields]
        self._make = make

    def value(self, source: msgspec.Struct) -> msgspec.Struct:
        """The value of all fields of `source`, cleaned; raises `ValidationFailed` for every broken rule."""
        violations: list[Violation] = []
        cleaned = [rule.cleaned(source, violations) for rule in self._rules]
        if violations:
            raise ValidationFailed(violations)
        return self._make(*cleaned)

    def changes(self, source: msgspec.Struct) -> dict[str, Any]:
        """The fields that are not null in `source`, cleaned; raises `ValidationFailed` as `value` does."""
        violations: list[Violation] = []
        cleaned = {
            rule.name: rule.cleaned(source, violations)
            for rule in self._rules
            if getattr(source, rule.name) is not None
        }
        if violations:
            raise ValidationFailed(violations)
        return cleaned

    def patch(self, source: msgspec.Struct) -> dict[str, Any]:
        """The fields that are not unset in `source`, cleaned: null clears those that may be null.

        Raises `ValidationFailed` as `value` does, and for a null that a field must not be.
        """
        violations: list[Violation] = []
        cleaned = {
            rule.name: rule.cleared_or_cleaned(source, violations)
            for rule in self._rules
            if getattr(source, rule.name) is not msgspec.UNSET
        }
        if violations:
            raise ValidationFailed(violations)
        return cleaned


class _FieldRule:
    """The rule of one field."""

    __slots__ = ("_check", "_field", "_optional", "name")

    def __init__(self, field: Field) -> None:
        self.name: Final = field.name
        self._field: Final = field
        self._optional: Final = field.optional
        self._check: Final = field.kind.rule()

    def cleaned(self, source: msgspec.Struct, violations: list[Violation]) -> Any:
        """The value that `source` has of the field, cleaned; where it breaks its rule, a violation more."""
        value = getattr(source, self.name)
        if value is None:
            return None
        try:
            return self._check(value)
        except Broken as broken:
            violations.append(violation(self._field, broken))
            return None

    def cleared_or_cleaned(self, source: msgspec.Struct, violations: list[Violation]) -> Any:
        """The same where null is a value: one more violation for a field that must not be null."""
        cleaned = self.cleaned(source, violations)
        if cleaned is None and not self._optional and getattr(source, self.name) is None:
            violations.append(violation(self._field, Broken("is required", "required")))
        return cleaned


def violation(field: Field, broken: Broken) -> Violation:
    """`broken` as a client is told of it."""
    return Violation(field.name, f"{field.label} {broken.message}", broken.code)
