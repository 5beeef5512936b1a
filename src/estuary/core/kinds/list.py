"""Lists of values of one kind."""

from typing import Any, ClassVar, Final

import msgspec
from msgspec import inspect as types

from estuary.core.kinds.constraints import ANY_LENGTH, Lengths
from estuary.core.kinds.declared import Declared, entry_of, kind_of
from estuary.core.kinds.kind import Broken, Conversion, Kind, Rule, Storage, Stored, Unservable
from estuary.core.kinds.text import NO_NUL, Text
from estuary.core.markers import markers_of
from estuary.core.queries.conditions import Operator

_MOST_ENTRIES: Final = 10_000
"""Where a declaration says nothing: entries that are checked one by one must not fill a whole body."""


class List(Kind):
    """A list of values that all obey the rules of `entry`; order and repeats are kept."""

    annotation: ClassVar[str] = "a list of these"
    noun: ClassVar[str] = "a list"
    is_scalar: ClassVar[bool] = False

    def __init__(self, entry: Kind, lengths: Lengths = ANY_LENGTH) -> None:
        self.held: Final = entry
        self.lengths: Final = lengths

    @classmethod
    def of(cls, declared: Declared) -> "List | None":
        """`list[…]` of one of the other kinds, which may have rules of its own."""
        match declared.type:
            case types.ListType(item_type=item, min_length=least, max_length=most):
                held = entry_of(declared, item)
                if held.optional:
                    raise Unservable("an entry of a list cannot be null")
                entry = kind_of(held)
                if entry is None or not entry.is_scalar:
                    usable = ", ".join(kind.annotation for kind in declared.kinds if kind.is_scalar)
                    raise Unservable(f"a list has entries of a type Estuary cannot serve: use {usable}")
                _demand_markers_of_entries(held, entry)
                if most is None and not isinstance(entry, Text):
                    most = max(_MOST_ENTRIES, least or 0)
                return cls(entry, Lengths(least, most))
        return None

    @property
    def rules(self) -> tuple[Any, ...]:
        """The kind of its entries, and its lengths."""
        return (self.held, self.lengths)

    @property
    def wire(self) -> Any:
        """A list of the forms of its entries."""
        return list[self.held.wire]  # type: ignore[name-defined]  # msgspec takes what mypy does not know

    @property
    def kept(self) -> Any:
        """A list of its entries."""
        return list[self.held.kept]  # type: ignore[name-defined]  # as above

    @property
    def written(self) -> Conversion | None:
        """Each entry as it would be alone."""
        write = self.held.written
        return None if write is None else lambda values: [write(value) for value in values]

    @property
    def entry(self) -> Kind:
        """What it holds."""
        return self.held

    @property
    def column(self) -> Stored:
        """The value is stored as it is."""
        return Stored(Storage.LIST, self.lengths, entry=self.held.column)

    @property
    def document(self) -> Stored:
        """The same, of entries as documents have them."""
        return Stored(Storage.LIST, self.lengths, entry=self.held.document)

    @property
    def operators(self) -> frozenset[Operator]:
        """Whether a value is among its entries."""
        return frozenset({Operator.HAS})

    @property
    def sortable(self) -> bool:
        """Lists have no order that every engine knows."""
        return False

    def spelled(self, text: str) -> Any:
        """An entry, as a URL writes it."""
        return self.held.spelled(text)

    def compared(self, operator: Operator, value: Any) -> Any:
        """A value that might be an entry."""
        return self.held.compared(operator, value)

    def rule(self) -> Rule:
        """A list of its own, of entries that are cleaned; a message names the entry that is wrong."""
        low, high = self.lengths.least or 0, self.lengths.most
        wording = self.lengths.wording("entry", "entries")
        entry_rule = self.held.rule()
        bounded = self.held != Text()

        def rule(values: list[Any]) -> list[Any]:
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

        def cleaned(index: int, value: Any) -> Any:
            try:
                return entry_rule(value)
            except Broken as broken:
                raise Broken(f"entry {index} {broken.message}", broken.code) from None

        return rule

    def schema(self) -> dict[str, Any]:
        """An array; of its entries it says what may be sent, for that holds of what is kept, too."""
        return {"type": "array", "items": self.held.accepted()} | self.lengths.schema(
            "minItems", "maxItems"
        )

    def check_default(self, value: Any) -> None:
        """A list, each of whose entries could be a default itself."""
        if not isinstance(value, list):
            raise self.mistyped()
        for index, entry in enumerate(value):
            try:
                self.held.check_default(entry)
            except Broken as broken:
                raise Broken(f"entry {index} {broken.message}", broken.code) from None
        self.rule()(value)

    def recovered(self, value: Any) -> Any:
        """SQLite keeps JSON."""
        entries = msgspec.json.decode(value, type=list) if isinstance(value, str) else value
        return [self.held.recovered(entry) for entry in entries] if isinstance(entries, list) else entries


def _demand_markers_of_entries(declared: Declared, entry: Kind) -> None:
    for marker in markers_of(declared.annotation):
        if not isinstance(marker, entry.takes):
            raise Unservable(f"{type(marker).__name__} says nothing of an entry of a list")
