"""List queries as one value, and their results."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from estuary.core.queries.attributes import value_of
from estuary.core.queries.conditions import Condition, SortKey
from estuary.core.record import Position, Record

DEFAULT_LIMIT: Final = 20
"""How many records a list has where none says otherwise."""
LIMITED_COUNT: Final = 10_000
"""How many records a limited count counts at most."""


class SortedPosition(msgspec.Struct, frozen=True):
    """A record's place in an order other than its resource's: its values of the sort keys, and its id."""

    values: tuple[Any, ...]
    id: str


class ListQuery(msgspec.Struct, frozen=True):
    """What is asked of a list: which of whose records, in what order, how many, whether they are counted.

    By offset where `offset` is a number; by cursor where it is None: the records after a position, or from
    the first on. All of `where` holds of each record. `sort` are keys with different fields, and ties are
    broken by id in the last key's direction; without keys the order is the resource's, and a position in it
    is a `Position`. Where they are counted and `at_most` is a number, counting ends there.

    One value for the whole way to the store, whose statements are made for its form.
    """

    limit: int = DEFAULT_LIMIT
    offset: int | None = 0
    after: Position | SortedPosition | None = None
    counted: bool = True
    owner: str | None = None
    where: tuple[Condition, ...] = ()
    sort: tuple[SortKey, ...] = ()
    at_most: int | None = None


class ListResult(msgspec.Struct, frozen=True):
    """What a list query gives: records, the number of all where it was asked for, and what comes behind.

    `following` is the position to go on from, by cursor; None after the last record. `exceeded` says that
    there are more records than were counted.
    """

    records: Sequence[Record]
    total: int | None = None
    following: Position | SortedPosition | None = None
    exceeded: bool = False


def by_cursor(
    limit: int, after: Position | SortedPosition | None = None, owner: str | None = None
) -> ListQuery:
    """The `limit` records after a position, or from the first on."""
    return ListQuery(limit, None, after, counted=False, owner=owner)


def counted(records: Sequence[Record], number: int, query: ListQuery) -> ListResult:
    """`records`, which are what `query` asks for, and their number so far as that is asked for."""
    if not query.counted:
        return ListResult(records)
    if query.at_most is None or number <= query.at_most:
        return ListResult(records, number)
    return ListResult(records, query.at_most, exceeded=True)


def position_in(sort: Sequence[SortKey], record: Record) -> Position | SortedPosition:
    """The place of `record` in the order that `sort` asks for."""
    if not sort:
        return Position(record.created, record.id)
    return SortedPosition(tuple([value_of(record, key.field) for key in sort]), record.id)
