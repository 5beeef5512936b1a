"""Conditions as SQL: their form, which statements are made for, and their values apart from it.

Of a condition a row meets, the SQL is true; of any other it is false or null, and negations are written so
that null is no case of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias, assert_never

from estuary.core.queries.conditions import (
    SEARCHED,
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Not,
    Operator,
    folded,
)
from estuary.stores.sql.columns import QueryColumn
from estuary.stores.sql.language import Language, equals
from estuary.stores.sql.numbered_parameters import Parameters


class Term(NamedTuple):
    """A comparison without its values.

    `size` is how many there are; with `NULL` there is none, and it says whether the field is to be null.
    """

    field: str
    operator: Operator
    size: int


class Group(NamedTuple):
    """Forms that AND or OR joins, or one that NOT negates."""

    word: str
    members: "tuple[Form, ...]"


Form: TypeAlias = Term | Group
"""The form of a condition: everything but its values."""

NEVER: Final = Group("OR", ())
"""A condition that no record meets."""

_SIGNS: Final = {Operator.LT: "<", Operator.LTE: "<=", Operator.GT: ">", Operator.GTE: ">="}


def form_of(condition: Condition, columns: Mapping[str, QueryColumn], values: list[Any]) -> Form:
    """The form of `condition`, whose values, as the driver takes them, are added to `values`."""
    match condition:
        case Comparison(field, Operator.NULL, value):
            return Term(field, Operator.NULL, int(value))
        case Comparison(field, Operator.IN, several):
            padded = _padded([_driven(columns[field], value) for value in dict.fromkeys(several)])
            values.extend(padded)
            return Term(field, Operator.IN, len(padded))
        case Comparison(field, operator, text) if operator in SEARCHED:
            values.append(folded(text))
            return Term(field, operator, 1)
        case Comparison(field, operator, value):
            values.append(_driven(columns[field], value))
            return Term(field, operator, 1)
        case AllOf(inner):
            return Group("AND", tuple([form_of(each, columns, values) for each in inner]))
        case AnyOf(inner):
            return Group("OR", tuple([form_of(each, columns, values) for each in inner]))
        case Not(inner):
            return Group("NOT", (form_of(inner, columns, values),))
        case _:
            assert_never(condition)


def _driven(column: QueryColumn, value: Any) -> Any:
    return value if column.convert is None else column.convert(value)


def _padded(values: list[Any]) -> list[Any]:
    """As many as the next power of two, so that there are but few forms; the last one is repeated."""
    size = 1
    while size < len(values):
        size *= 2
    return values + values[-1:] * (size - len(values))


class ConditionWriter:
    """Writes conditions of which only the form is known, in the order in which their values stand.

    `leading` is the field that equals a value and with which the index begins that is to be searched.
    """

    def __init__(
        self,
        columns: Mapping[str, QueryColumn],
        language: Language,
        parameters: Parameters,
        first_place: int,
        leading: str | None = None,
    ) -> None:
        self._columns = columns
        self._language = language
        self._parameters = parameters
        self._place = first_place
        self._leading = leading

    def sql(self, form: Form) -> str:
        """The SQL of `form`; it can be joined to other conditions as it is."""
        if isinstance(form, Term):
            return self._term(form)
        members = [self.sql(member) for member in form.members]
        if form.word == "NOT":
            return f"({members[0]}) IS NOT TRUE"
        if not members:
            return "1 = 0" if form.word == "OR" else "1 = 1"
        return f"({f' {form.word} '.join(members)})"

    def _term(self, term: Term) -> str:
        column, operator = self._columns[term.field], term.operator
        if operator is Operator.NULL:
            return f"{column.sql} IS {'' if term.size else 'NOT '}NULL"
        parameters = self._take(column.type, term.size)
        first = parameters[0]
        match operator:
            case Operator.EQ:
                equal = self._language.leads if term.field == self._leading else equals
                return equal(column.sql, first)
            case Operator.NE if column.optional:
                return self._language.differs(column.sql, first)
            case Operator.NE:
                return f"{column.sql} <> {first}"
            case Operator.IN:
                return f"{column.sql} IN ({', '.join(parameters)})"
            case Operator.LT | Operator.LTE | Operator.GT | Operator.GTE:
                return f"{column.sql} {_SIGNS[operator]} {first}"
            case Operator.PREFIX:
                return f"lower(substr({column.sql}, 1, length({first}))) = {first}"
            case Operator.CONTAINS:
                return self._language.contains(f"lower({column.sql})", first)
            case Operator.HAS:
                return self._language.has(column.qualified, first)
            case _:
                assert_never(operator)

    def _take(self, type_: str, number: int) -> Sequence[str]:
        first, self._place = self._place, self._place + number
        return [self._parameters.take(place, type_) for place in range(first, self._place)]


def values_in(forms: Sequence[Form]) -> int:
    """How many values conditions of these forms have."""
    return sum(term.size for term in _terms(forms) if term.operator is not Operator.NULL)


def _terms(forms: Sequence[Form]) -> Iterator[Term]:
    for form in forms:
        if isinstance(form, Term):
            yield form
        else:
            yield from _terms(form.members)
