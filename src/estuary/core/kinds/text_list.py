"""Lists of texts."""

from typing import Any, ClassVar, Final

import msgspec
from msgspec import inspect as types

from estuary.core.conditions import Operator
from estuary.core.kinds.constraints import ANY_LENGTH, Lengths
from estuary.core.kinds.declared import Declared, read
from estuary.core.kinds.kind import Broken, Kind, Rule, Storage, Stored, Unservable
from estuary.core.kinds.text import NO_NUL, Text


class TextList(Kind):
    """A list of texts that all obey the rules of `entry`; order and repeats are kept."""

    annotation: ClassVar[str] = "a list of str"
    noun: ClassVar[str] = "a list"

    def __init__(self, lengths: Lengths = ANY_LENGTH, texts: Text | None = None) -> None:
        self.lengths: Final = lengths
        self.texts: Final = Text() if texts is None else texts

    @classmethod
    def of(cls, declared: Declared) -> "TextList | None":
        """`list[str]`, where the text may have rules of its own."""
        match declared.type:
            case types.ListType(item_type=item, min_length=least, max_length=most):
                held = read(item, None)
                entry = Text.of(held)
                if entry is None or held.optional:
                    raise Unservable("lists hold texts only")
                return cls(Lengths(least, most), entry)
        return None

    @property
    def rules(self) -> tuple[Any, ...]:
        """Its lengths, and the kind of its texts."""
        return (self.lengths, self.texts)

    @property
    def wire(self) -> Any:
        """A list of strings."""
        return list[str]

    @property
    def entry(self) -> Kind:
        """A text."""
        return self.texts

    @property
    def column(self) -> Stored:
        """As it is."""
        return Stored(Storage.TEXTS, self.lengths)

    @property
    def operators(self) -> frozenset[Operator]:
        """Whether a text is among its entries."""
        return frozenset({Operator.HAS})

    @property
    def sortable(self) -> bool:
        """Lists have no order that every engine knows."""
        return False

    def comparand(self, value: Any) -> str:
        """A text that might be an entry."""
        return self.texts.comparand(value)

    def rule(self) -> Rule:
        """A list of its own, of entries that are cleaned; a message tells which entry is wrong."""
        low, high = self.lengths.least or 0, self.lengths.most
        wording = self.lengths.wording("entry", "entries")
        entry_rule = self.texts.rule()
        bounded = self.texts != Text()

        def rule(values: list[str]) -> list[str]:
            if len(values) < low or (high is not None and len(values) > high):
                raise Broken(wording, "length")
            if bounded:
                return [cleaned(index, value) for index, value in enumerate(values)]
            return trimmed(values)

        def trimmed(values: list[str]) -> list[str]:
            # A body can hold hundreds of thousands: without a rule of their own they are checked at once.
            texts = [value.strip() for value in values]
            if "\0" in "".join(texts):
                index = next(index for index, text in enumerate(texts) if "\0" in text)
                raise Broken(f"entry {index} {NO_NUL}", "characters")
            return texts

        def cleaned(index: int, value: str) -> str:
            try:
                text: str = entry_rule(value)
            except Broken as broken:
                raise Broken(f"entry {index} {broken.message}", broken.code) from None
            return text

        return rule

    def schema(self) -> dict[str, Any]:
        """An array; of its entries it says what may be sent, for that holds of what is kept, too."""
        return {"type": "array", "items": self.texts.accepted()} | self.lengths.schema(
            "minItems", "maxItems"
        )

    def recovered(self, value: Any) -> Any:
        """SQLite keeps JSON."""
        return msgspec.json.decode(value, type=list[str]) if isinstance(value, str) else value
