"""JSON taken apart level by level, so that what a client puts into a body costs no more than its length.

Only values in places where values are expected become Python's.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

import msgspec

from estuary.http.errors import InvalidParameter
from estuary.http.records.list_request import in_range, label

MAX_NUMBER_CHARACTERS: Final = 400
"""More than any number that is meant needs; reading longer ones is expensive."""

Members = Mapping[str, msgspec.Raw]
"""The members of an object, by name, as they were sent."""

_decode_members: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_entries: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_texts: Final = msgspec.json.Decoder(list[str]).decode
_decode_text: Final = msgspec.json.Decoder(str).decode
_decode_number: Final = msgspec.json.Decoder(int | float).decode
_encode: Final = msgspec.json.Encoder().encode


def members_of(raw: msgspec.Raw, name: str, form: str = "an object") -> Members:
    """The members of an object; one that is named twice is refused, for it may mean either."""
    view = memoryview(raw)
    if view[0] not in b"{":
        raise InvalidParameter(name, f"Must be {form}")
    members = _decode_members(raw)
    if len(_encode(members)) != len(view):
        raise InvalidParameter(name, "Must have each name once, without escapes")
    return members


def entries_of(raw: msgspec.Raw, name: str) -> list[msgspec.Raw]:
    """The entries of a list."""
    if memoryview(raw)[0] not in b"[":
        raise InvalidParameter(name, "Must be a list")
    return _decode_entries(raw)


def names_of(members: Members, name: str) -> list[str]:
    """The names of fields that are sent as `name`."""
    try:
        names = _decode_texts(members[name])
    except msgspec.DecodeError:
        names = []
    if not names:
        raise InvalidParameter(name, f"{label(name)} must be a list of field names")
    return names


def text_of(members: Members, name: str) -> str | None:
    """The text that is sent as `name`; None if there is none."""
    if name not in members:
        return None
    try:
        return _decode_text(members[name])
    except msgspec.DecodeError:
        raise InvalidParameter(name, f"{label(name)} must be a text") from None


def whole_number_of(members: Members, name: str) -> int | None:
    """The number that is sent as `name`: JSON knows numbers alone, and 5.0 is as whole as 5."""
    if name not in members:
        return None
    number: int | float | None = None
    if len(memoryview(members[name])) <= MAX_NUMBER_CHARACTERS:
        with suppress(msgspec.DecodeError):
            number = _decode_number(members[name])
    return in_range(name, None if number is None or number != int(number) else int(number))
