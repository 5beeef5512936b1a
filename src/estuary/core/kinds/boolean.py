"""True and false."""

from typing import Any, ClassVar

from msgspec import inspect as types

from estuary.core.kinds.declared import Declared
from estuary.core.kinds.kind import Kind, Rule, Storage, Stored

_SPELLED = {"true": True, "false": False}


class Boolean(Kind):
    """True or false."""

    annotation: ClassVar[str] = "bool"
    noun: ClassVar[str] = "true or false"

    @classmethod
    def of(cls, declared: Declared) -> "Boolean | None":
        """`bool`."""
        return cls() if isinstance(declared.type, types.BoolType) else None

    @property
    def wire(self) -> Any:
        """A boolean."""
        return bool

    @property
    def column(self) -> Stored:
        """The value is stored as it is."""
        return Stored(Storage.BOOLEAN)

    def spelled(self, text: str) -> Any:
        """`true` or `false`."""
        if text not in _SPELLED:
            raise self.mistyped()
        return _SPELLED[text]

    def rule(self) -> Rule:
        """None: both values are allowed."""
        return _unchanged

    def schema(self) -> dict[str, Any]:
        """A boolean."""
        return {"type": "boolean"}

    def recovered(self, value: Any) -> Any:
        """SQLite keeps 0 and 1."""
        return bool(value) if value in (0, 1) else value


def _unchanged(value: bool) -> bool:
    return value
