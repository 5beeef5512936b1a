"""The differences between the engines' SQL in list queries."""

from collections.abc import Sequence
from typing import Protocol

from estuary.stores.sql.tie_breakers import TieBreaker


def equals(column: str, parameter: str) -> str:
    """Whether a column has a value."""
    return f"{column} = {parameter}"


class Language(Protocol):
    """The SQL of one engine. Columns are quoted names, and parameters are as `parameter` gave them."""

    @property
    def counts_within(self) -> bool:
        """Whether a counted list is one statement, whose rows begin with the total."""
        ...

    def parameter(self, number: int, type_: str) -> str:
        """The parameter with this number, counted from 1; it may stand at several places."""
        ...

    def ordered(self, column: str, *, descending: bool, optional: bool) -> str:
        """An entry of ORDER BY; null comes before every value."""
        ...

    def tie_breaker(self, keys: int, *, owned: bool) -> TieBreaker:
        """The form of `id` in the order of an index of so many keys, the owner in front not counted."""
        ...

    def leads(self, column: str, parameter: str) -> str:
        """Whether the column, the first one of the index that is to be searched, has a value."""
        ...

    def unindexed(self, column: str) -> str:
        """`column` in an order for which no index is to be used."""
        ...

    def differs(self, column: str, parameter: str) -> str:
        """Whether the column, which may be null, has another value."""
        ...

    def contains(self, text: str, parameter: str) -> str:
        """Whether a text holds another."""
        ...

    def has(self, column: str, parameter: str) -> str:
        """Whether a list holds a text."""
        ...

    def union(self, selects: Sequence[str], order: str, limit: str) -> str:
        """The first rows of all `selects` in their common order; an index gives each of them in order."""
        ...

    def total(self, resource: str, owner: str | None) -> str:
        """What gives the number of all records, or that of the owner whom a parameter names."""
        ...
