"""Rules: how the given values of fields are checked and cleaned."""

import math
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from estuary.core.errors import ValidationFailed, Violation
from estuary.core.field import MAX_SAFE_INTEGER, Field, Kind

_NO_NUL = "must not contain the character U+0000"


class Broken(Exception):
    """A value breaks a rule: the message without the field's name, and the rule's code."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


Rule = Callable[[Any], Any]
"""Takes a value of the right type, gives it back cleaned, or raises `Broken`."""


class Rules:
    """The rules of all `fields` of a resource."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self._rules = [(field, field.name, compile_rule(field)) for field in fields]

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


def compile_rule(field: Field) -> Rule:
    """The one function that cleans and checks a value of `field` (never given null)."""
    compilers: dict[Kind, Callable[[Field], Rule]] = {
        Kind.TEXT: _text,
        Kind.INTEGER: _integer,
        Kind.FLOAT: _float,
        Kind.BOOLEAN: lambda _: _unchanged,
        Kind.TIMESTAMP: lambda _: _to_utc,
        Kind.CHOICE: _choice,
        Kind.TEXT_LIST: _text_list,
    }
    return compilers[field.kind](field)


def violation(field: Field, broken: Broken) -> Violation:
    """`broken` as a client is told of it."""
    return Violation(field.name, f"{field.label} {broken.message}", broken.code)


def _unchanged(value: bool) -> bool:
    return value


def _to_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise Broken("must lie between the years 1 and 9999 in UTC", "range") from None


def _text(field: Field) -> Rule:
    low, high = field.min_length or 0, field.max_length
    wording = _length_wording(low, high, "character", "characters")
    pattern = re.compile(field.pattern) if field.pattern is not None else None

    def rule(value: str) -> str | None:
        text = value.strip()
        if not text and field.optional:
            return None
        if len(text) < low or (high is not None and len(text) > high):
            raise Broken(wording, "length")
        if "\0" in text:
            raise Broken(_NO_NUL, "characters")
        if pattern is not None and pattern.search(text) is None:
            raise Broken(f"must match the pattern {field.pattern}", "pattern")
        return text

    return rule


def _integer(field: Field) -> Rule:
    low = _tightest(field.minimum, _above(field.exclusive_minimum), max)
    high = _tightest(field.maximum, _below(field.exclusive_maximum), min)
    lowest = -MAX_SAFE_INTEGER if low is None else max(low, -MAX_SAFE_INTEGER)
    highest = MAX_SAFE_INTEGER if high is None else min(high, MAX_SAFE_INTEGER)
    between = None if low is None or high is None else f"must be between {lowest} and {highest}"

    def rule(value: Any) -> int:
        # JSON knows numbers alone: 2.0 is as whole as 2 (JSON Schema 2020-12 Core, 4.2.3).
        whole = int(value)
        if whole != value:
            raise Broken("must be a whole number", "integer")
        if whole < lowest:
            raise Broken(between or f"must be at least {lowest}", "range")
        if whole > highest:
            raise Broken(between or f"must be at most {highest}", "range")
        return whole

    return rule


def _float(field: Field) -> Rule:
    low = -math.inf if field.minimum is None else field.minimum
    high = math.inf if field.maximum is None else field.maximum
    above = -math.inf if field.exclusive_minimum is None else field.exclusive_minimum
    below = math.inf if field.exclusive_maximum is None else field.exclusive_maximum
    wording = _range_wording(field)

    def rule(value: float) -> float:
        # Infinity (from a default, say) lies outside every open bound, and so does what is no number.
        if not (low <= value <= high and above < value < below):
            raise Broken(wording, "range")
        # Zero loses its sign, which not every engine keeps, and a default declared as 0 becomes 0.0.
        return value + 0.0

    return rule


def _choice(field: Field) -> Rule:
    choices = frozenset(field.choices)
    wording = f"must be one of {', '.join(field.choices)}"

    def rule(value: str) -> str:
        if value not in choices:
            raise Broken(wording, "choice")
        return value

    return rule


def _text_list(field: Field) -> Rule:
    low, high = field.min_length or 0, field.max_length
    wording = _length_wording(low, high, "entry", "entries")
    entry = field.entry or Field(name=field.name, kind=Kind.TEXT)
    entry_rule = compile_rule(entry)
    bounded = entry.min_length or entry.max_length is not None or entry.pattern is not None

    def rule(values: list[str]) -> list[str]:
        if len(values) < low or (high is not None and len(values) > high):
            raise Broken(wording, "length")
        if bounded:
            return [cleaned(index, value) for index, value in enumerate(values)]
        return trimmed(values)

    def trimmed(values: list[str]) -> list[str]:
        # A body holds hundreds of thousands of them: without a rule of their own they are seen to at once.
        texts = [value.strip() for value in values]
        if "\0" in "".join(texts):
            index = next(index for index, text in enumerate(texts) if "\0" in text)
            raise Broken(f"entry {index} {_NO_NUL}", "characters")
        return texts

    def cleaned(index: int, value: str) -> str:
        try:
            text: str = entry_rule(value)
        except Broken as broken:
            raise Broken(f"entry {index} {broken.message}", broken.code) from None
        return text

    return rule


def _length_wording(low: int, high: int | None, unit: str, units: str) -> str:
    if high is None:
        return f"must be at least {_counted(low, unit, units)}"
    if low == 0:
        return f"must be at most {_counted(high, unit, units)}"
    if low == high:
        return f"must be exactly {_counted(low, unit, units)}"
    return f"must be between {low} and {high} {units}"


def _counted(number: int, unit: str, units: str) -> str:
    return f"{number} {unit if number == 1 else units}"


def _range_wording(field: Field) -> str:
    if field.minimum is not None and field.maximum is not None:
        return f"must be between {field.minimum} and {field.maximum}"
    bounds = (
        ("at least", field.minimum),
        ("greater than", field.exclusive_minimum),
        ("at most", field.maximum),
        ("less than", field.exclusive_maximum),
    )
    told = [f"{words} {bound}" for words, bound in bounds if bound is not None]
    return f"must be {' and '.join(told)}" if told else "must be a finite number"


def _above(bound: float | None) -> int | None:
    return None if bound is None else math.floor(bound) + 1


def _below(bound: float | None) -> int | None:
    return None if bound is None else math.ceil(bound) - 1


def _tightest(
    inclusive: float | None, exclusive: int | None, choose: Callable[[list[int]], int]
) -> int | None:
    """The declared bound that decides; msgspec lets integers have whole bounds only."""
    bounds = [int(bound) for bound in (inclusive, exclusive) if bound is not None]
    return choose(bounds) if bounds else None
