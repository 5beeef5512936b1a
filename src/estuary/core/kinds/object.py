"""Objects of any members, which are kept as they are sent, within bounds."""

import re
from typing import Any, ClassVar, Final

import msgspec
from msgspec import inspect as types

from estuary.core.kinds.declared import Declared
from estuary.core.kinds.kind import Broken, Kind, Merge, Rule, Storage, Stored
from estuary.core.kinds.text import NO_NUL
from estuary.core.nesting import nesting_depth
from estuary.core.queries.conditions import Operator

MAX_BYTES: Final = 16 * 1024
"""The longest JSON of an object, without white space."""
MAX_DEPTH: Final = 8
"""Objects and lists in one another, itself included."""

_LONG_NUMBER: Final = re.compile(rb"[0-9]{309}")
"""Digits of which a double has no room for more (RFC 8259, section 6); they may stand in a text as well."""
_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_decode: Final = msgspec.json.Decoder(dict[str, Any]).decode
_decode_members: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_encode: Final = msgspec.json.Encoder().encode


class Object(Kind):
    """A JSON object: names and values come back as they were sent, in their order."""

    annotation: ClassVar[str] = "dict[str, Any]"
    noun: ClassVar[str] = "an object"
    is_scalar: ClassVar[bool] = False

    @classmethod
    def of(cls, declared: Declared) -> "Object | None":
        """`dict[str, Any]`."""
        match declared.type:
            case types.DictType(key_type=types.StrType(), value_type=types.AnyType()):
                return cls()
        return None

    @property
    def wire(self) -> Any:
        """An object whose members are passed over until it is known that they are few."""
        return dict[str, msgspec.Raw]

    @property
    def merge(self) -> Merge | None:
        """Members that the patch names, within others too; null removes one (RFC 7396)."""
        return _merged

    @property
    def kept(self) -> Any:
        """An object."""
        return dict[str, Any]

    @property
    def column(self) -> Stored:
        """JSON."""
        return Stored(Storage.JSON, None, _text, _decode)

    @property
    def operators(self) -> frozenset[Operator]:
        """None: of a field that can be null one can ask whether it is."""
        return frozenset()

    @property
    def sortable(self) -> bool:
        """Objects have no order."""
        return False

    def rule(self) -> Rule:
        """Within its bounds, and without U+0000."""
        return _checked

    def schema(self) -> dict[str, Any]:
        """An object of any members."""
        return {"type": "object", "additionalProperties": True}

    def check_default(self, value: Any) -> None:
        """A dictionary of what JSON can hold."""
        if not isinstance(value, dict):
            raise self.mistyped()
        try:
            _checked(value)
        except TypeError as error:
            raise Broken(f"must be what JSON can hold: {error}", "type") from None

    def recovered(self, value: Any) -> Any:
        """Every engine keeps JSON, and gives its text."""
        return _decode_members(value) if isinstance(value, str) else value


def _text(value: dict[str, Any]) -> str:
    return _encode(value).decode()


def _merged(value: Any, patch: Any) -> Any:
    return _with_members(value, _checked(patch))


def _with_members(value: Any, patch: dict[str, Any]) -> dict[str, Any]:
    merged = dict(value) if isinstance(value, dict) else {}
    for name, given in patch.items():
        if given is None:
            merged.pop(name, None)
        else:
            merged[name] = _with_members(merged.get(name), given) if isinstance(given, dict) else given
    return merged


def _checked(members: dict[str, Any]) -> dict[str, Any]:
    text = msgspec.json.format(_encode(members), indent=-1)
    if len(text) > MAX_BYTES:
        raise Broken(f"must be at most {MAX_BYTES} bytes of JSON", "size")
    if nesting_depth(text) > MAX_DEPTH:
        raise Broken(f"must not nest deeper than {MAX_DEPTH} levels", "depth")
    try:
        value: dict[str, Any] = _decode(text)
        if _LONG_NUMBER.search(text):
            _demand_doubles(value)
    except (msgspec.ValidationError, OverflowError):
        raise Broken("must not hold a number that is too large for a double", "range") from None
    except msgspec.DecodeError:
        raise Broken("must hold Unicode texts only", "characters") from None
    if _NUL.search(_encode(value)):
        raise Broken(NO_NUL, "characters")
    return value


def _demand_doubles(value: Any) -> None:
    """Raise `OverflowError` for a whole number, at any depth, that is infinity to who reads doubles."""
    if isinstance(value, int):
        float(value)
    elif isinstance(value, list):
        for each in value:
            _demand_doubles(each)
    elif isinstance(value, dict):
        for each in value.values():
            _demand_doubles(each)
