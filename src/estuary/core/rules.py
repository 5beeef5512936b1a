"""Rules: how the given values of fields are checked and cleaned."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from estuary.core.errors import ValidationFailed, Violation
from estuary.core.field import Field
from estuary.core.kinds.kind import Broken

NULL: Final = Broken("must not be null", "required")
"""The message for a merge patch that clears what cannot be cleared."""


class Rules:
    """The rules of `fields`."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self._rules = [_FieldRule(field) for field in fields]
        self._by_name = {rule.name: rule for rule in self._rules}
        self._merging = [rule for rule in self._rules if rule.merge is not None]

    def cleaned(self, source: msgspec.Struct) -> list[Any]:
        """The fields of `source` in order, cleaned; raises `ValidationFailed` for every broken rule."""
        violations: list[Violation] = []
        cleaned = [rule.cleaned(source, violations) for rule in self._rules]
        if violations:
            raise ValidationFailed(violations)
        return cleaned

    def changes(self, source: msgspec.Struct) -> dict[str, Any]:
        """The fields that are not null in `source`, cleaned; raises `ValidationFailed` as `cleaned`."""
        violations: list[Violation] = []
        cleaned = {
            rule.name: rule.cleaned(source, violations)
            for rule in self._rules
            if getattr(source, rule.name) is not None
        }
        if violations:
            raise ValidationFailed(violations)
        return cleaned

    def cleaned_values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """`values` of fields by their names, cleaned; null stays. Raises `ValidationFailed`."""
        violations: list[Violation] = []
        cleaned = {name: self._by_name[name].checked(value, violations) for name, value in values.items()}
        if violations:
            raise ValidationFailed(violations)
        return cleaned

    def merges(self, source: msgspec.Struct) -> bool:
        """Whether `source`, a merge patch, says of some field only what is to change within it."""
        return bool(self._merging) and any(
            getattr(source, rule.name) not in (None, msgspec.UNSET) for rule in self._merging
        )

    def patch(self, source: msgspec.Struct, value: msgspec.Struct | None = None) -> dict[str, Any]:
        """The fields that are not unset in `source`, cleaned: null clears those that may be null.

        What `source` merges is merged into what there is of it in `value`. Raises `ValidationFailed` as
        `cleaned` does, and for a null that a field must not be.
        """
        violations: list[Violation] = []
        cleaned = {
            rule.name: rule.patched(source, value, violations)
            for rule in self._rules
            if getattr(source, rule.name) is not msgspec.UNSET
        }
        if violations:
            raise ValidationFailed(violations)
        return cleaned


class _FieldRule:
    """The rule of one field."""

    __slots__ = ("_check", "_field", "_optional", "merge", "name")

    def __init__(self, field: Field) -> None:
        self.name: Final = field.name
        self._field: Final = field
        self._optional: Final = field.optional
        self._check: Final = field.kind.rule()
        self.merge: Final = field.kind.merge

    def cleaned(self, source: msgspec.Struct, violations: list[Violation]) -> Any:
        """The value that `source` has of the field, cleaned; where it breaks its rule, a violation more."""
        return self.checked(getattr(source, self.name), violations)

    def patched(
        self, source: msgspec.Struct, value: msgspec.Struct | None, violations: list[Violation]
    ) -> Any:
        """The same of a merge patch, merged into `value`; null is a violation where a field must not be."""
        given = getattr(source, self.name)
        if given is None:
            if not self._optional:
                violations.append(violation(self._field, NULL))
            return None
        if self.merge is not None:
            try:
                given = self.merge(None if value is None else getattr(value, self.name), given)
            except Broken as broken:
                violations.append(violation(self._field, broken))
                return None
            except ValidationFailed as failed:
                violations.extend(within(self.name, failed.violations))
                return None
        return self.checked(given, violations)

    def checked(self, value: Any, violations: list[Violation]) -> Any:
        """`value`, cleaned; null stays. Where it breaks the rule, a violation more."""
        if value is None:
            return None
        try:
            return self._check(value)
        except Broken as broken:
            violations.append(violation(self._field, broken))
            return None
        except ValidationFailed as failed:
            violations.extend(within(self.name, failed.violations))
            return None


def within(name: str, violations: Iterable[Violation]) -> Iterator[Violation]:
    """`violations` of the parts of a field, as its own."""
    for each in violations:
        yield Violation(f"{name}.{each.field}", each.message, each.code)


def violation(field: Field, broken: Broken) -> Violation:
    """`broken` as it is reported to a client."""
    return Violation(field.name, f"{field.label} {broken.message}", broken.code)
