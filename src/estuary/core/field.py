"""A field of a resource: its kind and its rules, as they are declared."""

from enum import Enum, auto

import msgspec

MAX_SAFE_INTEGER = 2**53 - 1
"""The largest integer that every JSON reader keeps exact (RFC 8259, section 6)."""


class Kind(Enum):
    """What a field holds; every store and the OpenAPI document know each of these."""

    TEXT = auto()
    INTEGER = auto()
    FLOAT = auto()
    BOOLEAN = auto()
    TIMESTAMP = auto()
    CHOICE = auto()
    TEXT_LIST = auto()


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One declared field.

    `optional` fields may be null; `required` ones have no default and must be given on create.
    Lengths count characters after trimming (for a list: its entries); bounds are inclusive unless
    their name says otherwise.
    """

    name: str
    kind: Kind
    optional: bool = False
    required: bool = True
    description: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    minimum: int | float | None = None
    maximum: int | float | None = None
    exclusive_minimum: int | float | None = None
    exclusive_maximum: int | float | None = None
    choices: tuple[str, ...] = ()
    entry: "Field | None" = None
    """For a list: the rules of each of its texts."""

    @property
    def label(self) -> str:
        """The field's name as a message begins: `in_stock` is "In stock"."""
        return self.name.replace("_", " ").capitalize()
