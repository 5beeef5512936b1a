"""Markers: what a declaration says of a field beside its type, as `Annotated[int, Index]`."""

from collections.abc import Iterator
from typing import Annotated, Any, get_args, get_origin


class Marker:
    """Said of a field within `Annotated`; the class itself stands for what it says without arguments."""


class Index(Marker):
    """Lists are filtered by this field, or ordered by it, at the cost of a page."""


class Unique(Marker):
    """No two records have the same value of the field; null equals nothing.

    Where records have owners, no two of one owner; with `of_all` no two of all owners, and then a conflict
    tells a client that some record has the value, though it may not see which. With `fold_case`, ASCII
    letters are equal in either case, as in e-mail addresses; others are not, for engines differ on those.

    `Unique("author", "title", of_all=True)` stands for several fields together, in `Resource(unique=[…])`.
    """

    def __init__(self, *fields: str, of_all: bool = False, fold_case: bool = False) -> None:
        self.fields = fields
        self.of_all = of_all
        self.fold_case = fold_case


class Hidden(Marker):
    """The field is written and never shown: no answer holds it, and no query can ask about it."""


def markers_of(annotation: Any) -> Iterator[Marker]:
    """The markers in `annotation`, at any depth of `Annotated` and unions."""
    annotation = getattr(annotation, "__value__", annotation)
    if get_origin(annotation) is Annotated:
        for said in annotation.__metadata__:
            if isinstance(said, Marker):
                yield said
            elif isinstance(said, type) and issubclass(said, Marker):
                yield said()
    for part in get_args(annotation):
        yield from markers_of(part)
