"""The order of records as tuples that Python compares: null before every value, whatever the direction."""

from collections.abc import Callable, Collection, Sequence
from operator import attrgetter
from typing import Any, Final, TypeAlias

from estuary.core.kinds.metadata import METADATA
from estuary.core.moments import to_microseconds
from estuary.core.queries.conditions import SortKey
from estuary.core.record import Record

_KEPT_TIMES: Final = {"created_at": "created", "updated_at": "updated"}

Key: TypeAlias = tuple[Any, ...]
"""A record's values of the fields that it is ordered by. A shorter key lies before all that it begins."""


class _Edge:
    """Lies before every value, or behind every value."""

    def __init__(self, behind: bool) -> None:
        self.behind: Final = behind

    def __lt__(self, other: object) -> bool:
        return not self.behind

    def __gt__(self, other: object) -> bool:
        return self.behind


LOWEST: Final = _Edge(behind=False)
"""The form of null in a key."""
HIGHEST: Final = _Edge(behind=True)
"""Ends a key that lies behind all that begin as it does."""


class Descending:
    """A value in an order from the greatest to the least."""

    def __init__(self, value: Any) -> None:
        self.value: Final = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Descending) and bool(self.value == other.value)

    def __hash__(self) -> int:
        return hash(self.value)

    def __lt__(self, other: object) -> bool:
        if isinstance(other, Descending):
            return bool(other.value < self.value)
        return isinstance(other, _Edge) and other.behind


def path_of(field: str) -> str:
    """Where a record has the value of an attribute; its times are compared as the microseconds it keeps."""
    if field in METADATA:
        return _KEPT_TIMES.get(field, field)
    return f"value.{field}"


def compared(field: str, value: Any) -> Any:
    """A value that a query gives for an attribute, as it is compared with what a record has."""
    return to_microseconds(value) if field in _KEPT_TIMES else value


def part(value: Any, descending: bool) -> Any:
    """The form of `value` in a key."""
    if value is None:
        value = LOWEST
    return Descending(value) if descending else value


def key_function(
    keys: Sequence[SortKey], optional: Collection[str], by_owner: bool = False
) -> Callable[[Record], Key]:
    """What makes the key of a record in an order by `keys`, or by owner first; `optional` can be null.

    The last key is the id.
    """
    names = [path_of(key.field) for key in keys]
    if by_owner:
        names.insert(0, "owner")
    if len(names) == 1:
        descending_id = keys[0].descending
        return lambda record: (part(record.id, descending_id),)
    read = attrgetter(*names)
    if not any(key.descending or key.field in optional for key in keys):
        return read
    descending = [False] * (len(names) - len(keys)) + [key.descending for key in keys]
    return lambda record: tuple(map(part, read(record), descending))
