"""Conditions of queries: `pages__gte=100` is a comparison, `or_`, `and_` and `not_` combine them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from estuary.client.values import spelled

EQUALS: Final = "eq"
IN: Final = "in"
NULL: Final = "null"
_SEPARATOR: Final = "__"


class Comparison(msgspec.Struct, frozen=True):
    """A comparison of a field; `value` is a list where the operator is `in`."""

    field: str
    operator: str
    value: Any

    @property
    def body(self) -> dict[str, Any]:
        """The comparison as a member of a query's body."""
        return {self.field: {self.operator: self.value}}

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """The comparison as parameters of a URL; `in` has one for each value."""
        name = self.field if self.operator == EQUALS else f"{self.field}.{self.operator}"
        # Equality by name alone would be one of the list's own parameters where a field is called so.
        if self.operator == EQUALS and self.field in _PARAMETERS:
            name = f"{self.field}.{EQUALS}"
        values = self.value if self.operator == IN else [self.value]
        return [(name, spelled(value)) for value in values]


class Condition(msgspec.Struct, frozen=True):
    """Combined comparisons: what `or_`, `and_` and `not_` return, and `where` takes."""

    body: Mapping[str, Any]


_KNOWN: Final = frozenset({"limit", "offset", "cursor", "sort", "fields", "count", "expand", "owner"})
_RESERVED: Final = frozenset({"q", "deleted", "validate_only"})
_PARAMETERS: Final = _KNOWN | _RESERVED
"""Names of a list's own parameters."""


def or_(*conditions: Condition, **comparisons: Any) -> Condition:
    """At least one of these holds."""
    return Condition({"or": [each.body for each in _terms(conditions, comparisons)]})


def and_(*conditions: Condition, **comparisons: Any) -> Condition:
    """All of these hold: for use within `or_` and `not_`."""
    return Condition(all_of(_terms(conditions, comparisons)))


def not_(*conditions: Condition, **comparisons: Any) -> Condition:
    """Not all of these hold."""
    return Condition({"not": all_of(_terms(conditions, comparisons))})


def compared(comparisons: Mapping[str, Any]) -> list[Comparison]:
    """Keyword arguments as comparisons: `field=value`, `field__operator=value`; raises `ValueError`.

    None stands for null: `note=None` is true of records without a note, `note__ne=None` of those with one.
    """
    return [_comparison(name, value) for name, value in comparisons.items()]


def all_of(terms: Iterable[Comparison | Condition]) -> dict[str, Any]:
    """One object of a query's body that is true where all `terms` are: it has each name once."""
    whole: dict[str, Any] = {}
    rest: list[Mapping[str, Any]] = []
    for term in terms:
        body = term.body
        if isinstance(term, Comparison) and term.operator not in whole.get(term.field, {}):
            whole[term.field] = {**whole.get(term.field, {}), **body[term.field]}
        elif not isinstance(term, Comparison) and whole.keys().isdisjoint(body) and "and" not in body:
            whole.update(body)
        else:
            rest.append(body)
    return {**whole, "and": rest} if rest else whole


def _terms(conditions: Sequence[Condition], comparisons: Mapping[str, Any]) -> list[Comparison | Condition]:
    terms: list[Comparison | Condition] = [*conditions, *compared(comparisons)]
    if not terms:
        raise ValueError("or_, and_ and not_ need a condition")
    return terms


def _comparison(name: str, value: Any) -> Comparison:
    field, separator, operator = name.rpartition(_SEPARATOR)
    if not separator:
        field, operator = name, EQUALS
    if value is None:
        if operator not in (EQUALS, "ne"):
            raise ValueError(f"{name}: only {field}=None and {field}__ne=None compare with None")
        return Comparison(field, NULL, operator == EQUALS)
    if operator == IN:
        if isinstance(value, str | bytes) or not isinstance(value, Iterable):
            raise ValueError(f"{name}: must be a list of values")
        value = list(value)
        if not value:
            # Nothing would be sent, and every record found.
            raise ValueError(f"{name}: must have at least one value")
    return Comparison(field, operator, value)
