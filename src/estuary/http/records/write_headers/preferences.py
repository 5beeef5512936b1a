"""The Prefer field (RFC 7240): whether a write is answered with the record, or without a body."""

import re
from typing import Final

from estuary.http.header_fields import Fields
from estuary.http.messages import Header

MINIMAL_APPLIED: Final[Header] = ("preference-applied", "return=minimal")
"""Says that the client is spared the body, as it asked."""

_MAX_CHARACTERS: Final = 1024
_NAME: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]++"
_STRING: Final = r'"(?:[^"\\]|\\.)*+"'
_BLANKS: Final = r"[ \t]*+"
_VALUE: Final = rf"(?:{_BLANKS}={_BLANKS}({_NAME}|{_STRING}))?+"
_PREFERENCE: Final = (
    rf"{_BLANKS}(?:({_NAME}){_VALUE}(?:{_BLANKS};{_BLANKS}(?:{_NAME}{_VALUE})?+)*+{_BLANKS})?+(?:,|$)"
)
"""One preference, which may be empty, with its parameters, and the comma behind it; it never goes back."""


def prefers_minimal(headers: Fields) -> bool:
    """Whether the client asks for an answer without a body.

    Of a preference that is there twice the first counts; any other one, and what cannot be read, is ignored
    (RFC 7240, 2).
    """
    if headers.get("prefer") is None:
        return False
    text = ",".join(headers.get_all("prefer"))
    if text == "return=minimal":
        return True
    preference_at, place = re.compile(_PREFERENCE).match, 0
    while place < len(text) <= _MAX_CHARACTERS:
        preference = preference_at(text, place)
        if preference is None:
            return False
        if preference[1] is not None and preference[1].lower() == "return":
            return preference[2] in ("minimal", '"minimal"')
        place = preference.end()
    return False
