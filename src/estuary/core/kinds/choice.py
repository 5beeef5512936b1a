"""One of a few texts."""

from collections.abc import Iterator
from typing import Any, ClassVar, Final, Literal, get_args, get_origin

from msgspec import inspect as types

from estuary.core.kinds.constraints import OneOf
from estuary.core.kinds.declared import Declared
from estuary.core.kinds.kind import Broken, Kind, Rule, Storage, Stored


class Choice(Kind):
    """One of `texts`, in the order in which they are declared."""

    annotation: ClassVar[str] = "a Literal of texts"
    noun: ClassVar[str] = "a text"
    component: ClassVar[str | None] = "Choice"

    def __init__(self, texts: tuple[str, ...]) -> None:
        self.texts: Final = texts

    @classmethod
    def of(cls, declared: Declared) -> "Choice | None":
        """A `Literal` that holds nothing but texts."""
        match declared.type:
            case types.LiteralType(values=values) if all(isinstance(value, str) for value in values):
                # msgspec sorts them; clients are shown them as they are declared.
                return cls(tuple(_texts(declared.annotation)))
        return None

    @property
    def rules(self) -> tuple[Any, ...]:
        """The choices."""
        return (self.texts,)

    @property
    def wire(self) -> Any:
        """Any text: one that cannot be chosen breaks a rule."""
        return str

    @property
    def column(self) -> Stored:
        """The text itself."""
        return Stored(Storage.TEXT, OneOf(self.texts))

    @property
    def longest(self) -> int:
        """The length of the longest text."""
        return max(map(len, self.texts))

    def comparand(self, value: Any) -> str:
        """One that can be chosen."""
        text: str = self.rule()(super().comparand(value))
        return text

    def rule(self) -> Rule:
        """Neither case nor white space is forgiven."""
        choices = frozenset(self.texts)
        wording = f"must be one of {', '.join(self.texts)}"

        def rule(value: str) -> str:
            if value not in choices:
                raise Broken(wording, "choice")
            return value

        return rule

    def schema(self) -> dict[str, Any]:
        """The texts."""
        return {"type": "string", "enum": list(self.texts)}


def _texts(annotation: Any) -> Iterator[str]:
    """The texts of the Literal in `annotation`, in their order."""
    if get_origin(annotation) is Literal:
        yield from get_args(annotation)
        return
    for part in get_args(getattr(annotation, "__value__", annotation)):
        yield from _texts(part)
