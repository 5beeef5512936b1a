"""Markers: what a declaration says of a field beside its type, as `Annotated[int, Index]`."""

from collections.abc import Iterator
from decimal import Decimal
from types import UnionType
from typing import Annotated, Any, ClassVar, Final, Literal, TypeAlias, Union, get_args, get_origin

from msgspec import Meta

Bound: TypeAlias = Decimal | int | str | None
"""A number that is exact as it is written."""


class Marker:
    """A marker of a field within `Annotated`; the class itself is the marker without arguments."""

    of_some_kinds: ClassVar[bool] = False
    """Whether it says something of some kinds of fields only: those name it."""

    def __repr__(self) -> str:
        # Not the address: replicas compare this text to see whether they declare a resource alike.
        values = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({values})"


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


class Was(Marker):
    """The field had other names in earlier releases, the latest of them first; what is kept so is its own.

    Tables are migrated by renaming the column, and what a backup, an export or a kept answer holds under
    such a name is read as this field. Clients know the present name alone.
    """

    def __init__(self, *names: str) -> None:
        self.names: Final = names


class Ref(Marker):
    """A text is the id of a record of the resource named `resource`, which is there as long as this one is.

    `on_delete` says what becomes of this record where that one is to be deleted: "restrict" keeps that one,
    "cascade" deletes this one with it, "set_null" sets the field to null.
    """

    of_some_kinds = True

    def __init__(self, resource: str = "", *, on_delete: str = "restrict") -> None:
        self.resource: Final = resource
        self.on_delete: Final = on_delete


class Digits(Marker):
    """A `Decimal` has at most so many digits in all, `places` of them after the decimal point.

    `ge`, `gt`, `le` and `lt` are its bounds, as those of `msgspec.Meta`, which takes none for decimals.
    """

    of_some_kinds = True

    def __init__(
        self,
        digits: int = 0,
        places: int = 0,
        *,
        ge: Bound = None,
        gt: Bound = None,
        le: Bound = None,
        lt: Bound = None,
    ) -> None:
        self.digits: Final = digits
        self.places: Final = places
        self.ge: Final = ge
        self.gt: Final = gt
        self.le: Final = le
        self.lt: Final = lt


def unknown_in(annotation: Any) -> Iterator[Any]:
    """What `Annotated` holds anywhere within `annotation`, and is neither a marker nor msgspec's `Meta`."""
    annotation = getattr(annotation, "__value__", annotation)
    if get_origin(annotation) is Annotated:
        for marker in annotation.__metadata__:
            if not (
                isinstance(marker, Marker | Meta)
                or (isinstance(marker, type) and issubclass(marker, Marker))
            ):
                yield marker
    if get_origin(annotation) is not Literal:
        for part in get_args(annotation):
            yield from unknown_in(part)


def markers_of(annotation: Any) -> Iterator[Marker]:
    """The markers in `annotation`, at any depth of `Annotated` and unions; not those of entries."""
    annotation = getattr(annotation, "__value__", annotation)
    origin = get_origin(annotation)
    if origin is Annotated:
        for marker in annotation.__metadata__:
            if isinstance(marker, Marker):
                yield marker
            elif isinstance(marker, type) and issubclass(marker, Marker):
                yield marker()
    if origin in (Annotated, Union, UnionType):
        for part in get_args(annotation):
            yield from markers_of(part)
