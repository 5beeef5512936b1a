"""Numbers that a URL writes, read as JSON has them (RFC 8259, section 6)."""

import re
from typing import Final

import msgspec

from estuary.core.kinds.kind import Kind

_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_LONGEST: Final = 400
"""Characters: more than any double needs, and few enough that reading them costs nothing."""


def read_number(text: str, kind: Kind) -> int | float:
    """The number that `text` is; raises `Broken` for what is no number, or none of `kind`."""
    if len(text) > _LONGEST or _NUMBER.fullmatch(text) is None:
        raise kind.mistyped()
    try:
        number: int | float = msgspec.json.decode(text, type=int | float)
    except msgspec.DecodeError:
        raise kind.mistyped() from None
    return number
