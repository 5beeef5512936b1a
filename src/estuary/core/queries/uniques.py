"""Unique keys: fields of which no two records have the same values."""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, Final, NamedTuple, TypeAlias

from estuary.core.queries.conditions import folded
from estuary.core.record import Record

Values: TypeAlias = tuple[Any, ...]
MOST_FOUND: Final = 3
"""Records that are looked for by a unique key: two show that it names several, of different owners, and the
third that there may be more."""


class UniqueKey(NamedTuple):
    """One or more fields whose values, together, at most one record has.

    That is one record of each owner, or with `of_all` of all owners. In the texts named in `folds`, ASCII
    letters are equal in either case. Null equals nothing: a record that has null in one of the fields is in
    no other's way.
    """

    fields: tuple[str, ...]
    of_all: bool = False
    folds: frozenset[str] = frozenset()

    def values(self, given: Sequence[Any]) -> Values | None:
        """`given`, which are values of the fields, as they are compared; None where one of them is null."""
        if None in given:
            return None
        named = zip(self.fields, given, strict=True)
        return tuple([folded(value) if name in self.folds else value for name, value in named])


class UniqueValues:
    """Reads what records have of one unique key."""

    def __init__(self, key: UniqueKey) -> None:
        self.key: Final = key
        # Typeshed gives it a tuple, which of one field it is not: compiled code would hold it to that.
        read: Callable[[Any], Any] = attrgetter(*key.fields)
        several = len(key.fields) > 1
        self._read: Callable[[Any], Sequence[Any]] = read if several else lambda value: (read(value),)

    def of(self, record: Record) -> Values | None:
        """The values of `record` as they are compared; None where it can be in no other's way."""
        return self.key.values(self._read(record.value))
