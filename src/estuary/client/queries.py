"""List queries: how they are built, what requests they become, and how a list is read page by page."""

from collections.abc import Mapping
from typing import Any, Final, Generic, Self, TypeVar
from urllib.parse import urlencode

import msgspec

from estuary.client.conditions import Comparison, Condition, all_of, compared
from estuary.client.errors import CursorExpired, UnexpectedAnswer
from estuary.client.exchange import Answer, Request, RetryPolicy, Steps, exchange
from estuary.client.records import Codec, Page, codec_of
from estuary.client.values import METADATA, encoded, names_of

T = TypeVar("T")
S = TypeVar("S")
C = TypeVar("C")

MOST_A_PAGE: Final = 100
_LONGEST_URL: Final = 2000
"""The longest URL, in characters, that every proxy accepts; longer queries go in a body."""


class ListQuery(msgspec.Struct, Generic[T], frozen=True):
    """A query of the list at `path`, and the steps of the calls that it makes."""

    path: str
    codec: Codec[T]
    retry_policy: RetryPolicy
    where: tuple[Comparison | Condition, ...] = ()
    sort: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    expand: tuple[str, ...] = ()
    most: int | None = None
    owner: str | None = None

    def with_fields(self, shown: tuple[Any, ...]) -> "ListQuery[Any]":
        """The query for these fields alone: their names, or a type, which records are then read as."""
        names = shown
        value_type: Any = dict
        if len(shown) == 1 and not isinstance(shown[0], str):
            value_type = shown[0]
            names = names_of(value_type) or ()
        return msgspec.structs.replace(self, codec=codec_of(value_type), fields=names)

    def count(self, *, limited: bool) -> Steps[int]:
        """How many records meet the conditions; with `limited` at most 10,000 are counted."""
        members = {"fields": ["id"], "limit": 1, "count": "limited" if limited else "exact"}
        answer = yield from exchange(self._request(members), self.retry_policy)
        total = _decoded(answer, _Counted).total
        return total if self.most is None else min(total, self.most)

    def page(self, size: int, cursor: str) -> Steps[Page[T]]:
        """At most `size` records from the cursor on; an empty cursor is the start."""
        members: dict[str, Any] = {"limit": size, "cursor": cursor}
        if self.sort:
            members["sort"] = self.sort
        if self.fields:
            # The times are always there, as the type of a record says.
            members["fields"] = tuple(dict.fromkeys((*self.fields, *METADATA[1:3])))
        if self.expand:
            members["expand"] = self.expand
        answer = yield from exchange(self._request(members), self.retry_policy)
        page = _decoded(answer, _Listed)
        return Page([self.codec.record(each) for each in page.items], page.next_cursor)

    def _request(self, members: Mapping[str, Any]) -> Request:
        if self.owner is not None:
            members = {**members, "owner": self.owner}
        flat = [each for each in self.where if isinstance(each, Comparison)]
        if len(flat) == len({(each.field, each.operator) for each in flat}) == len(self.where):
            pairs = [pair for each in flat for pair in each.parameters]
            pairs += [(name, _parameter(value)) for name, value in members.items()]
            path = f"{self.path}?{urlencode(pairs)}"
            if len(path) <= _LONGEST_URL:
                return Request("GET", path, {})
        body = encoded({"where": all_of(self.where), **members})
        return Request("POST", f"{self.path}/query", {"Content-Type": "application/json"}, body)


class QueryBuilder(Generic[T, C]):
    """The methods that build a query, for the client `C`; each returns a new query."""

    def __init__(self, client: C, query: ListQuery[T]) -> None:
        self._client = client
        self._query = query

    def where(self, *conditions: Condition, **comparisons: Any) -> Self:
        """Adds conditions, all to be met: `pages__gte=100`, `binding__in=["paper"]`, `note=None`."""
        where = (*self._query.where, *conditions, *compared(comparisons))
        return self._with(where=where)

    def sort(self, *names: str) -> Self:
        """Sorts by up to three fields; `-` before a name means descending."""
        return self._with(sort=names)

    def expand(self, *names: str) -> Self:
        """Includes the records that these fields refer to: see `Record.expand`."""
        return self._with(expand=names)

    def owner(self, owner: str) -> Self:
        """Selects one owner's records, for clients that may read all owners'."""
        return self._with(owner=owner)

    def limit(self, most: int) -> Self:
        """Limits the number of records in all pages together."""
        if most < 0:
            raise ValueError(f"limit: must be 0 or more, not {most}")
        return self._with(most=most)

    def _with(self, **changes: Any) -> Self:
        return type(self)(self._client, msgspec.structs.replace(self._query, **changes))


class PageWalk(Generic[T]):
    """Reads a list page by page, at most `size` records each, from the cursor `after` on."""

    def __init__(self, query: ListQuery[T], size: int, after: str) -> None:
        if not 1 <= size <= MOST_A_PAGE:
            raise ValueError(f"a page has 1 to {MOST_A_PAGE} records, not {size}")
        self._query = query
        self._size = size
        self._cursor: str | None = after
        self._left = query.most
        self._seen = 0

    def next_page(self) -> Steps[Page[T]] | None:
        """The steps to the next page; None at the end of the list, or of the query's limit."""
        if self._cursor is None or self._left == 0:
            return None
        return self._steps(self._cursor)

    def _steps(self, cursor: str) -> Steps[Page[T]]:
        size = self._size if self._left is None else min(self._size, self._left)
        try:
            page = yield from self._query.page(size, cursor)
        except CursorExpired as expired:
            expired.cursor, expired.seen = cursor, self._seen
            raise
        self._cursor = page.next_cursor
        self._seen += len(page)
        if self._left is not None:
            self._left -= len(page)
        return page


class _Listed(msgspec.Struct):
    items: list[msgspec.Raw]
    next_cursor: str | None = None


class _Counted(msgspec.Struct):
    total: int


def _decoded(answer: Answer, shape: type[S]) -> S:
    try:
        return msgspec.json.decode(answer.body, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UnexpectedAnswer(f"the list cannot be read: {error}") from error


def _parameter(value: Any) -> str:
    return ",".join(value) if isinstance(value, list | tuple) else str(value)
