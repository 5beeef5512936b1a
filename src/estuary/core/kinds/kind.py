"""The contract of a kind of field: everything that a layer asks of one."""

from abc import abstractmethod
from collections.abc import Callable
from enum import Enum, auto
from typing import Any, ClassVar, NamedTuple

import msgspec
from mypy_extensions import mypyc_attr

from estuary.core.kinds.constraints import Constraint
from estuary.core.kinds.declared import Declared
from estuary.core.markers import Marker
from estuary.core.queries.conditions import EQUALITY, Operator
from estuary.core.references.foreign_keys import Referral

Rule = Callable[[Any], Any]
"""Takes a value of the right type, gives it back cleaned, or raises `Broken`."""
Conversion = Callable[[Any], Any]
"""Turns one value that is not null into another."""
Merge = Callable[[Any, Any], Any]
"""Makes of a value, or of null, and of what a merge patch says of it, what a body would hold of the whole.

Raises `Broken`."""


class Broken(Exception):
    """A value breaks a rule: the message without the field's name, and the rule's code."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class Unservable(Exception):
    """A declared type has a rule that its kind does not know; the message is without the field's name."""


class Storage(Enum):
    """What an engine can keep. The set is closed: every store knows each of these."""

    TEXT = auto()
    INTEGER = auto()
    """64 bits, with a sign."""
    DOUBLE = auto()
    BOOLEAN = auto()
    DECIMAL = auto()
    """Exact, of as many digits as a `Precision` says."""
    DATE = auto()
    UUID = auto()
    LIST = auto()
    """A list of entries that are kept as `Stored.entry` says."""
    JSON = auto()
    """An object as JSON text; what is written is what is read, character by character."""


class Stored(NamedTuple):
    """How an engine keeps the values of a field.

    `constraint` is what the engine can check, in terms of what it keeps. `encode` makes what is kept of a
    value, `decode` is its inverse; without them values are kept as they are. `entry` is how the entries of
    a list are kept, without their constraint.
    """

    storage: Storage
    constraint: Constraint | None = None
    encode: Conversion | None = None
    decode: Conversion | None = None
    entry: "Stored | None" = None


@mypyc_attr(allow_interpreted_subclasses=True)
class Kind:
    """A kind of field, with the rules that one field declares.

    Each kind is a class in its own module, whose instances do not change. What they give is asked
    for at start-up, never by a request.

    It is no `ABC`: compiled, the classes below one share a cache of which class is a subclass of which,
    and `isinstance` then answers for one of them what was asked of another.
    """

    annotation: ClassVar[str]
    """How it is declared, as a message says it."""
    noun: ClassVar[str]
    """What a value is called where one of another type was sent: it "must be a text"."""
    component: ClassVar[str | None] = None
    """How the name of its schema ends where it has one of its own in the OpenAPI document."""
    is_scalar: ClassVar[bool] = True
    """Whether it is a single value, of which there can be a list."""
    unquoted: ClassVar[bool] = False
    """Whether its texts are numbers: a query's body may have them without quotes, digit for digit."""
    takes: ClassVar[tuple[type[Marker], ...]] = ()
    """The markers that say something of this kind, and of others nothing."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Kind) and type(self) is type(other) and self.rules == other.rules

    def __hash__(self) -> int:
        return hash((type(self), self.rules))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.rules))})"

    @classmethod
    @abstractmethod
    def of(cls, declared: Declared) -> "Kind | None":
        """The kind that `declared` asks for, None where it is not this one; raises `Unservable`."""

    @property
    def rules(self) -> tuple[Any, ...]:
        """The rules that are declared; one kind with the same rules is the same to a replica's cache."""
        return ()

    @property
    @abstractmethod
    def wire(self) -> Any:
        """The type that msgspec decodes from a body, without rules: a wrong type is a separate error."""

    @property
    def patch(self) -> Any:
        """The type that msgspec decodes from a merge patch (RFC 7396), for what is not null."""
        return self.wire

    @property
    def merge(self) -> Merge | None:
        """A function that applies a merge patch to a value; None where the patch is the whole value."""
        return None

    @property
    def kept(self) -> Any:
        """The type of a value behind its rule; msgspec writes it as JSON and reads it without loss."""
        return self.wire

    @property
    def revived(self) -> Conversion | None:
        """What makes the value of one of the type `kept`; None where that is the value."""
        return None

    @property
    def written(self) -> Conversion | None:
        """What makes the JSON that clients see of a value; None where msgspec's own is what they see."""
        return None

    @property
    @abstractmethod
    def column(self) -> Stored:
        """How a SQL engine keeps it."""

    @property
    def document(self) -> Stored:
        """How a store of JSON documents keeps it: where it is sortable, what is kept has the same order."""
        return self.column

    @property
    def entry(self) -> "Kind | None":
        """The kind of what a list holds; None for what is no list."""
        return None

    def part(self, name: str) -> "Kind | None":  # noqa: ARG002 (asked of kinds that have parts)
        """The kind of what an object has under a name; None for what is no object with declared parts."""
        return None

    @property
    def refers(self) -> Referral | None:
        """What records its values are ids of; None for what refers to none. Such a field has an index."""
        return None

    @property
    def operators(self) -> frozenset[Operator]:
        """How list queries can compare it; `null` is not among them, for it is a matter of the field."""
        return EQUALITY

    @property
    def sortable(self) -> bool:
        """Whether lists can be ordered by it, and indexes made of it."""
        return True

    @property
    def longest(self) -> int | None:
        """How many characters a value has at most in an index; None where there is no bound."""
        return 0

    def spelled(self, text: str) -> Any:
        """The JSON value that a URL writes as `text`; raises `Broken`."""
        return text

    def compared(self, operator: Operator, value: Any) -> Any:  # noqa: ARG002 (asked where it matters)
        """What fields are compared with by `operator` where a query says `value`; raises `Broken`.

        It is read by its type alone: not trimmed, and not held to the declared rules. Where no field can
        hold it, nor can every engine, it is one of which the comparison says the same.
        """
        return self.comparand(value)

    def comparand(self, value: Any) -> Any:
        """The value of a sort key where a cursor has `value`, which is never null; raises `Broken`."""
        wire = self.wire
        if type(value) is wire:
            return value  # msgspec takes the type apart for each conversion
        try:
            return msgspec.convert(value, wire)
        except msgspec.ValidationError:
            raise self.mistyped() from None

    def mistyped(self) -> Broken:
        """The message for a value of another type."""
        return Broken(f"must be {self.noun}", "type")

    @property
    def cleared_by(self) -> str | None:
        """How an update makes a field null, as the OpenAPI document says it; None where it cannot."""
        return None

    def nullable(self) -> "Kind":
        """The same kind for a field that may be null."""
        return self

    @abstractmethod
    def rule(self) -> Rule:
        """The one function that cleans and checks a value.

        It is given what a body holds, or a declared default, and never null; a value that it gave back
        passes unchanged.
        """

    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """Type and bounds as JSON Schema (2020-12), as clients are given the field."""

    def accepted(self) -> dict[str, Any]:
        """The same of what clients may send."""
        return self.schema()

    def patched(self) -> dict[str, Any]:
        """The same of what a merge patch may hold."""
        return self.accepted()

    def malformed(self, text: str) -> Broken:  # noqa: ARG002 (asked of kinds that texts stand for)
        """The error for a text that is not a valid value; empty where the value was no text."""
        return Broken("has the wrong type", "type")

    def check_default(self, value: Any) -> None:
        """Raise `Broken` or msgspec's `ValidationError` where `value` cannot be a default."""
        self.rule()(msgspec.convert(value, self.wire))

    def recovered(self, value: Any) -> Any:
        """What `wire` holds of `value`, which a column of any engine held: not all have every storage."""
        return value
