"""References: the ids of other records."""

from typing import Any, ClassVar, Final

from msgspec import inspect as types

from estuary.core.kinds.declared import Declared
from estuary.core.kinds.kind import Unservable
from estuary.core.kinds.metadata import Identifier
from estuary.core.markers import Marker, Ref, markers_of
from estuary.core.references.foreign_keys import OnDelete, Referral


class Reference(Identifier):
    """The id of a record of the resource named `target`; `on_delete` is what its delete does here."""

    annotation: ClassVar[str] = 'Annotated[str, Ref("…")]'
    noun: ClassVar[str] = "the id of a record"
    is_scalar: ClassVar[bool] = False
    takes: ClassVar[tuple[type[Marker], ...]] = (Ref,)

    def __init__(self, target: str, on_delete: OnDelete) -> None:
        self.target: Final = target
        self.on_delete: Final = on_delete

    @classmethod
    def of(cls, declared: Declared) -> "Reference | None":
        """`str`, marked `Ref`, without rules of its own."""
        marked = next((each for each in markers_of(declared.annotation) if isinstance(each, Ref)), None)
        if marked is None:
            return None
        if not marked.resource:
            raise Unservable('Ref names no resource: write Ref("authors")')
        if declared.type != types.StrType():
            raise Unservable("Ref is of a text without rules: a reference is always an id")
        if marked.on_delete not in list(OnDelete):
            known = ", ".join(map(repr, map(str, OnDelete)))
            raise Unservable(f"on_delete={marked.on_delete!r}: use one of {known}")
        return cls(marked.resource, OnDelete(marked.on_delete))

    @property
    def refers(self) -> Referral:
        """To what its declaration names."""
        return Referral(self.target, self.on_delete)

    @property
    def rules(self) -> tuple[Any, ...]:
        """What it refers to, and what becomes of it."""
        return (self.target, self.on_delete)
