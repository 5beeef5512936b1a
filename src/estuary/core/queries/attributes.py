"""Attributes: what queries can name of a record, each with the operators that fit it."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from estuary.core.field import Field
from estuary.core.kinds.kind import Broken, Kind
from estuary.core.kinds.metadata import METADATA
from estuary.core.queries.conditions import SEARCHED, Comparison, Operator
from estuary.core.record import Record


class Attribute:
    """One name that a condition, a sort or an index can use. `optional` ones can be null."""

    def __init__(self, name: str, kind: Kind, optional: bool = False) -> None:
        self.name: Final = name
        self.kind: Final = kind
        self.optional: Final = optional
        self.operators: Final = kind.operators | ({Operator.NULL} if optional else frozenset())

    def spelled(self, operator: Operator, text: str) -> Comparison:
        """The comparison with what a URL writes as `text`; raises `Broken`. One value of `IN` alone."""
        value = _flag(text) if operator is Operator.NULL else self.kind.spelled(text)
        return self.comparison(operator, (value,) if operator is Operator.IN else value)

    def comparison(self, operator: Operator, value: Any) -> Comparison:
        """The comparison with `value`, of JSON, by one of the attribute's operators; raises `Broken`.

        With `IN` it is a sequence of values.
        """
        match operator:
            case Operator.NULL:
                if not isinstance(value, bool):
                    raise Broken("must be true or false", "type")
                return Comparison(self.name, operator, value)
            case Operator.IN:
                if isinstance(value, str) or not isinstance(value, Sequence):
                    raise Broken("must be a list of values", "type")
                if not value:
                    raise Broken("must hold at least one value", "length")
                return Comparison(
                    self.name, operator, tuple([self._compared(operator, each) for each in value])
                )
            case _:
                comparand = self._compared(operator, value)
                if operator in SEARCHED and not comparand:
                    raise Broken("must not be empty", "length")
                return Comparison(self.name, operator, comparand)

    def _compared(self, operator: Operator, value: Any) -> Any:
        if value is None:
            wrong = (self.kind.entry or self.kind).mistyped()
            hint = "; for null use the operator null" if self.optional else ""
            raise Broken(wrong.message + hint, wrong.code)
        return self.kind.compared(operator, value)


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise Broken("must be true or false", "type")
    return text == "true"


def value_of(record: Record, name: str) -> Any:
    """The value of the attribute `name` of `record`."""
    return getattr(record if name in METADATA else record.value, name)


def attributes_of(fields: Sequence[Field]) -> Iterator[Attribute]:
    """The attributes of a resource with `fields`: none for fields that are hidden or have no operators."""
    for name, kind in METADATA.items():
        yield Attribute(name, kind)
    for field in fields:
        attribute = Attribute(field.name, field.kind, field.optional)
        if attribute.operators and not field.hidden:
            yield attribute
