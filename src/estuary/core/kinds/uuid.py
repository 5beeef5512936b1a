"""UUIDs (RFC 9562)."""

from typing import Any, ClassVar
from uuid import UUID

import msgspec
from msgspec import inspect as types

from estuary.core.kinds.declared import Declared
from estuary.core.kinds.kind import Broken, Kind, Rule, Storage, Stored


class Uuid(Kind):
    """A UUID of any version; it is shown in lower case, with hyphens."""

    annotation: ClassVar[str] = "UUID"
    noun: ClassVar[str] = "a UUID"

    @classmethod
    def of(cls, declared: Declared) -> "Uuid | None":
        """`uuid.UUID`."""
        return cls() if isinstance(declared.type, types.UUIDType) else None

    @property
    def wire(self) -> Any:
        """A text of 32 hexadecimal digits in either case, with the hyphens or without."""
        return UUID

    @property
    def column(self) -> Stored:
        """The value is stored as it is."""
        return Stored(Storage.UUID)

    @property
    def document(self) -> Stored:
        """Its canonical text."""
        return Stored(Storage.TEXT, None, str)

    @property
    def longest(self) -> int:
        """36 characters."""
        return 36

    def comparand(self, value: Any) -> UUID:
        """A UUID, however it is written."""
        try:
            return msgspec.convert(value, UUID)
        except msgspec.ValidationError:
            raise self.mistyped() from None

    def rule(self) -> Rule:
        """None: every UUID is allowed."""
        return _unchanged

    def schema(self) -> dict[str, Any]:
        """A text in the form of a UUID."""
        return {"type": "string", "format": "uuid"}

    def malformed(self, text: str) -> Broken:  # noqa: ARG002 (nothing else can be wrong with it)
        """The message for text that is not a UUID."""
        return self.mistyped()

    def check_default(self, value: Any) -> None:
        """A UUID, not a text of one."""
        if not isinstance(value, UUID):
            raise self.mistyped()


def _unchanged(value: UUID) -> UUID:
    return value
