"""Texts: trimmed, measured in characters, without U+0000."""

import re
from typing import Any, ClassVar, Final

from msgspec import inspect as types

from estuary.core.kinds.constraints import ANY_LENGTH, Lengths
from estuary.core.kinds.declared import Declared
from estuary.core.kinds.kind import Broken, Kind, Rule, Storage, Stored
from estuary.core.markers import Ref, markers_of
from estuary.core.queries.conditions import ORDERED, SEARCHED, Operator

NO_NUL = "must not contain the character U+0000"

# Written as ECMAScript, PCRE, RE2 and Python all read it: `\u` is not known to each, and `\s` differs.
_WHITE_SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""The characters that `str.strip` trims, as a character class."""
_NO_NUL = "^[^\\x00]*$"
_SOMETHING_VISIBLE = f"^[^\\x00]*[^\\x00{_WHITE_SPACE}][^\\x00]*$"
_EMPTY = f"^[{_WHITE_SPACE}]*$"
_NUL, _HIDDEN = "\\x00", f"{_EMPTY}|\\x00"


class Text(Kind):
    """A text; `empty_is_null` where one that trimming leaves nothing of stands for null."""

    annotation: ClassVar[str] = "str"
    noun: ClassVar[str] = "a text"

    def __init__(
        self, lengths: Lengths = ANY_LENGTH, pattern: str | None = None, empty_is_null: bool = False
    ) -> None:
        self.lengths: Final = lengths
        self.pattern: Final = pattern
        self.empty_is_null: Final = empty_is_null

    @classmethod
    def of(cls, declared: Declared) -> "Text | None":
        """`str`, unless it is marked to be a reference."""
        if any(isinstance(marker, Ref) for marker in markers_of(declared.annotation)):
            return None
        match declared.type:
            case types.StrType(min_length=least, max_length=most, pattern=pattern):
                return cls(Lengths(least, most), pattern)
        return None

    @property
    def rules(self) -> tuple[Any, ...]:
        """Its lengths, its pattern, and what an empty one is."""
        return (self.lengths, self.pattern, self.empty_is_null)

    @property
    def wire(self) -> Any:
        """A string."""
        return str

    @property
    def column(self) -> Stored:
        """The value is stored as it is."""
        return Stored(Storage.TEXT, self.lengths)

    @property
    def operators(self) -> frozenset[Operator]:
        """Texts have an order, by code point, and can be searched."""
        return ORDERED | SEARCHED

    @property
    def longest(self) -> int | None:
        """The declared maximum length."""
        return self.lengths.most

    def comparand(self, value: Any) -> str:
        """Any text without U+0000, which no field holds and no engine takes."""
        text: str = super().comparand(value)
        if "\0" in text:
            raise Broken(NO_NUL, "characters")
        return text

    @property
    def cleared_by(self) -> str | None:
        """By an empty text, for null means "as it is"."""
        return 'an empty text ("") clears an optional text' if self.empty_is_null else None

    def nullable(self) -> "Text":
        """An empty one is null."""
        return Text(self.lengths, self.pattern, empty_is_null=True)

    def rule(self) -> Rule:
        """Trims before it measures; a pattern is searched for, as JSON Schema does."""
        low, high = self.lengths.least or 0, self.lengths.most
        wording = self.lengths.wording("character", "characters")
        pattern = re.compile(self.pattern) if self.pattern is not None else None
        mismatch = f"must match the pattern {self.pattern}"
        empty_is_null = self.empty_is_null

        def rule(value: str) -> str | None:
            text = value.strip()
            if not text and empty_is_null:
                return None
            if len(text) < low or (high is not None and len(text) > high):
                raise Broken(wording, "length")
            if "\0" in text:
                raise Broken(NO_NUL, "characters")
            if pattern is not None and pattern.search(text) is None:
                raise Broken(mismatch, "pattern")
            return text

        return rule

    def schema(self) -> dict[str, Any]:
        """A string within its lengths."""
        return {"type": "string"} | self.lengths.schema("minLength", "maxLength")

    def accepted(self) -> dict[str, Any]:
        """What trimming leaves must be long enough, hold no NUL, and match the declared pattern."""
        schema = self.schema()
        if self.empty_is_null:
            # Nothing but white space stands for null, whatever the rules of the text are.
            schema.pop("minLength", None)
        return schema | self._patterns()

    def _patterns(self) -> dict[str, Any]:
        visible = bool(self.lengths.least) and not self.empty_is_null
        if self.pattern is None:
            return {"pattern": _SOMETHING_VISIBLE if visible else _NO_NUL}
        declared = f"{_EMPTY}|{self.pattern}" if self.empty_is_null else self.pattern
        # Not `allOf`, of which generators make a type of its own.
        return {"pattern": declared, "not": {"type": "string", "pattern": _HIDDEN if visible else _NUL}}
