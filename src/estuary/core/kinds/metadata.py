"""The kinds of a record's metadata (id, version, times), as queries compare them."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from estuary.core.kinds.declared import Declared
from estuary.core.kinds.integer import Integer
from estuary.core.kinds.kind import Broken, Kind, Rule, Storage, Stored
from estuary.core.kinds.timestamp import Timestamp
from estuary.core.queries.conditions import ORDERED, Operator
from estuary.core.record_id import canonical_id, is_record_id


class Identifier(Kind):
    """A UUID in canonical form. Every record has one as its id; a field of its own is a `Reference`."""

    annotation: ClassVar[str] = "id"
    noun: ClassVar[str] = "a UUID"

    @classmethod
    def of(cls, declared: Declared) -> "Identifier | None":  # noqa: ARG003 (no declaration asks for it)
        """None: it is not declared."""
        return None

    @property
    def wire(self) -> Any:
        """A string."""
        return str

    @property
    def column(self) -> Stored:
        """The value is stored as it is."""
        return Stored(Storage.TEXT)

    @property
    def operators(self) -> frozenset[Operator]:
        """Ids have an order, as plain characters."""
        return ORDERED

    @property
    def longest(self) -> int:
        """36 characters."""
        return 36

    def comparand(self, value: Any) -> str:
        """In its canonical spelling, as in a path."""
        return str(self.rule()(super().comparand(value)))

    def rule(self) -> Rule:
        """A UUID; capitals mean the same."""
        return _canonical

    def schema(self) -> dict[str, Any]:
        """A text in the form of a UUID."""
        return {"type": "string", "format": "uuid"}


def _canonical(text: str) -> str:
    canonical = canonical_id(text)
    if not is_record_id(canonical):
        raise Broken("must be a UUID", "type")
    return canonical


METADATA: Final[Mapping[str, Kind]] = {
    "id": Identifier(),
    "version": Integer(),
    "created_at": Timestamp(),
    "updated_at": Timestamp(),
}
"""By name, in the order in which records show them."""
