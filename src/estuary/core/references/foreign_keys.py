"""Foreign keys: which fields of which resources refer to records of which others."""

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from estuary.core.record import Place


class OnDelete(StrEnum):
    """What a delete does to the records that refer to the deleted one."""

    RESTRICT = "restrict"
    """The delete is refused."""
    CASCADE = "cascade"
    """It is deleted, too."""
    SET_NULL = "set_null"
    """It refers to nothing from then on."""


class Referral(NamedTuple):
    """The resource that values are ids of records of, and what becomes of who refers to one of them."""

    target: str
    on_delete: OnDelete


class ForeignKey(NamedTuple):
    """The values of `field` of the resource `resource` are ids of records of `target`.

    Where it is `optional`, it may be null.
    """

    resource: str
    field: str
    target: str
    on_delete: OnDelete
    optional: bool

    @property
    def is_within(self) -> bool:
        """Whether records of one resource refer to each other."""
        return self.resource == self.target


class ForeignKeys:
    """All foreign keys between the resources of a service."""

    def __init__(self, keys: Iterable[ForeignKey]) -> None:
        self.all: Final = tuple(keys)
        self._of = _grouped(self.all, lambda key: key.resource)
        self._to = _grouped(self.all, lambda key: key.target)
        order: list[str] = []
        for name in self._of:
            self._put_behind(name, order, set())
        self._order = {name: number for number, name in enumerate(reversed(order))}

    def of(self, resource: str) -> Sequence[ForeignKey]:
        """The keys by which records of `resource` refer to others."""
        return self._of.get(resource, ())

    def to(self, resource: str) -> Sequence[ForeignKey]:
        """The keys by which others refer to records of `resource`."""
        return self._to.get(resource, ())

    def referring_first(self, places: Iterable[Place]) -> list[Place]:
        """`places`, those of resources that refer to others before these, as far as there is such an order.

        Those of one resource stay in the order in which they are given.
        """
        return sorted(places, key=lambda place: self._order.get(place.resource, 0))

    def _put_behind(self, name: str, order: list[str], seen: set[str]) -> None:
        """Put all that `name` refers to into `order`, and then itself."""
        if name in order or name in seen:
            return
        seen.add(name)
        for key in self.of(name):
            self._put_behind(key.target, order, seen)
        order.append(name)


def _grouped(
    keys: Iterable[ForeignKey], name_of: Callable[[ForeignKey], str]
) -> dict[str, list[ForeignKey]]:
    groups: dict[str, list[ForeignKey]] = {}
    for key in keys:
        groups.setdefault(name_of(key), []).append(key)
    return groups
