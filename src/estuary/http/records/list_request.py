"""What a request for a list asks for, put together from its parts, whichever form they came in."""

from collections.abc import Sequence
from typing import Final

from estuary.core.access.identity import MAX_OWNER_LENGTH
from estuary.core.kinds.constraints import MAX_SAFE_INTEGER
from estuary.core.kinds.kind import Broken
from estuary.core.queries.attributes import Attribute
from estuary.core.queries.conditions import Condition, Operator, SortKey
from estuary.core.queries.indexes import DEFAULT_ORDER, MAX_SORT_KEYS, sort_key, with_id
from estuary.core.queries.query import DEFAULT_LIMIT, LIMITED_COUNT, ListQuery
from estuary.core.resource import Resource
from estuary.http.errors import BadRequest, InvalidParameter
from estuary.http.records.cursors import Cursors
from estuary.http.records.expansion import NO_EXPANSIONS, Expansion, Expansions
from estuary.http.records.projection import Projection, Projections
from estuary.http.records.query_string import unknown_field

MIN_LIMIT, MAX_LIMIT = 1, 100
MAX_OFFSET = MAX_SAFE_INTEGER
_RANGES: Final = {"limit": (MIN_LIMIT, MAX_LIMIT), "offset": (0, MAX_OFFSET)}
COUNTS: Final = ("exact", "limited", "none")
OWNER: Final = "owner"
"""The parameter that says whose records are meant, for administrators."""
MAX_COMPARISONS: Final = 50
MAX_VALUES: Final = 100
"""The most values of one `in`."""


class ListRequest:
    """A list query, the fields to show (None for all), and what else the URL of its next page holds.

    `expansion` are the references to expand, None for none.
    """

    def __init__(
        self,
        query: ListQuery,
        projection: Projection | None = None,
        link: str = "",
        expansion: Expansion | None = None,
    ) -> None:
        self.query: Final = query
        self.projection: Final = projection
        self.link: Final = link
        self.expansion: Final = expansion


class Paging:
    """Which part of a list is asked for, and whether the whole is counted; None where it is not given."""

    def __init__(
        self,
        limit: int = DEFAULT_LIMIT,
        offset: int | None = None,
        cursor: str | None = None,
        counting: str | None = None,
    ) -> None:
        self.limit: Final = limit
        self.offset: Final = offset
        self.cursor: Final = cursor
        self.counting: Final = counting


class ListRequests:
    """Makes the list queries of one resource."""

    def __init__(self, resource: Resource, expansions: Expansions = NO_EXPANSIONS) -> None:
        self.attributes: Final = resource.attributes
        self.expansions: Final = expansions
        self.projections: Final = Projections(resource)
        self.cursors: Final = Cursors(resource)
        self._sortable = [name for name in self.attributes if name not in resource.unordered]

    def sort(self, names: Sequence[str]) -> tuple[SortKey, ...]:
        """The order that `names` ask for, with `-` in front of what descends; raises `InvalidParameter`.

        None for the resource's own, however it is written: it has statements and cursors of its own.
        """
        if not 1 <= len(names) <= MAX_SORT_KEYS:
            raise InvalidParameter("sort", f"Sort must have 1 to {MAX_SORT_KEYS} fields")
        keys = tuple(map(sort_key, names))
        for key in keys:
            if key.field not in self._sortable:
                if key.field in self.attributes:
                    raise InvalidParameter("sort", f"Lists cannot be sorted by {key.field}")
                raise unknown_field("sort", key.field, self._sortable)
        if len({key.field for key in keys}) < len(keys):
            raise InvalidParameter("sort", "Sort must name each field once")
        return () if with_id(keys) == DEFAULT_ORDER else keys

    def query(
        self, where: tuple[Condition, ...], sort: tuple[SortKey, ...], paging: Paging, owner: str | None
    ) -> ListQuery:
        """The query for a part of a list of the records of `owner`, or of all.

        Without a cursor (empty for the first page) it is by offset. Raises `InvalidParameter`, and
        `BadRequest` for cursor and offset together.
        """
        count = paging.counting
        if count is not None and count not in COUNTS:
            raise InvalidParameter("count", f"Count must be one of {', '.join(COUNTS)}")
        if paging.cursor is not None:
            if paging.offset is not None:
                raise BadRequest("cursor: Cursor and offset cannot be used together")
            if count not in (None, "none"):
                raise InvalidParameter("count", "Count must be none with a cursor: pages are not counted")
            after = self.cursors.decode(paging.cursor, where, sort, owner) if paging.cursor else None
            return ListQuery(paging.limit, None, after, False, owner, where, sort)
        limited = count == "limited" or (count is None and bool(where))
        at_most = LIMITED_COUNT if limited else None
        return ListQuery(
            paging.limit, paging.offset or 0, None, count != "none", owner, where, sort, at_most
        )


def in_range(name: str, number: int | None) -> int:
    """`number` as limit or offset, whichever `name` says; raises `InvalidParameter`.

    None means that what was sent is not a whole number.
    """
    low, high = _RANGES[name]
    if number is None or not low <= number <= high:
        raise InvalidParameter(name, f"{label(name)} must be between {low} and {high}")
    return number


def owner_named(owner: str | None) -> str | None:
    """`owner` as it is named; raises `InvalidParameter` for what no owner is called. None names none."""
    if owner is not None and not (0 < len(owner) <= MAX_OWNER_LENGTH and owner.isprintable()):
        raise InvalidParameter(OWNER, f"Must be an owner: 1 to {MAX_OWNER_LENGTH} printable characters")
    return owner


def refused(name: str, attribute: Attribute, broken: Broken) -> InvalidParameter:
    """The error for a value that `attribute` cannot be compared with, by the operator in `name`."""
    of_null = name == f"{attribute.name}.{Operator.NULL.value}"
    return InvalidParameter(name, f"{'Null' if of_null else label(attribute.name)} {broken.message}")


def filtered_with(attribute: Attribute, usable: Sequence[str]) -> str:
    """The error where `attribute` is compared in none of the `usable` ways."""
    return f"{label(attribute.name)} can be filtered with {', '.join(usable)}"


def label(name: str) -> str:
    """A field's name as a message begins."""
    return name.replace("_", " ").capitalize()


def operators_of(attribute: Attribute) -> list[str]:
    """The names of its operators, always in the same order."""
    return [operator.value for operator in Operator if operator in attribute.operators]
