"""Rules: how the given values of fields are checked and cleaned."""

from collections.abc import Sequence
from typing import Any

import msgspec

from estuary.core.errors import ValidationFailed, Violation
from estuary.core.field import Field
from estuary.core.kinds.kind import Broken


class Rules:
    """The rules of all `fields` of a resource."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self._rules = [(field, field.name, field.kind.rule()) for field in fields]

    def clean(self, source: msgspec.Struct, *, absent_is_kept: bool = False) -> dict[str, Any]:
        """What `source` says of the fields, cleaned; raises `ValidationFailed` for every broken rule.

        A field that is null is null, or with `absent_is_kept` left out.
        """
        cleaned: dict[str, Any] = {}
        violations: list[Violation] = []
        for field, name, rule in self._rules:
            value = getattr(source, name)
            if value is None:
                if not absent_is_kept:
                    cleaned[name] = None
                continue
            try:
                cleaned[name] = rule(value)
            except Broken as broken:
                violations.append(violation(field, broken))
        if violations:
            raise ValidationFailed(violations)
        return cleaned


def violation(field: Field, broken: Broken) -> Violation:
    """`broken` as a client is told of it."""
    return Violation(field.name, f"{field.label} {broken.message}", broken.code)
