"""List queries: what is asked of a list, as one value, and what comes of it."""

from collections.abc import Sequence

import msgspec

from estuary.core.record import Position, Record

DEFAULT_LIMIT = 20
"""How many records a list has where none says otherwise."""


class ListQuery(msgspec.Struct, frozen=True):
    """What is asked of a list: which of whose records, how many, and whether they are counted.

    By offset where `offset` is a number; by cursor where it is None: the records after a position, or from
    the first on. One value for the whole way to the store, whose statements are made for its form.
    """

    limit: int = DEFAULT_LIMIT
    offset: int | None = 0
    after: Position | None = None
    counted: bool = True
    owner: str | None = None


class ListResult(msgspec.Struct, frozen=True):
    """What a list query gives: records, the number of all where it was asked for, and what comes behind.

    `following` is the position to go on from, by cursor; None after the last record.
    """

    records: Sequence[Record]
    total: int | None = None
    following: Position | None = None


def by_cursor(limit: int, after: Position | None = None, owner: str | None = None) -> ListQuery:
    """The `limit` records after a position, or from the first on."""
    return ListQuery(limit, None, after, counted=False, owner=owner)
