"""The ids of records."""

import re

_is_canonical_id = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII).fullmatch


def canonical_id(text: str) -> str:
    """The one spelling of the id that `text` is: capitals mean the same (RFC 9562, 4); other text stays."""
    lowered = text.lower()
    return lowered if lowered != text and is_record_id(lowered) else text


def is_record_id(text: str) -> bool:
    """Whether `text` can be the id of a record: a UUID in canonical form (RFC 9562, lower case)."""
    return _is_canonical_id(text) is not None
