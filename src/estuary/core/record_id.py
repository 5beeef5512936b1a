"""The ids of records."""

import re

_is_canonical_id = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII).fullmatch


def is_record_id(text: str) -> bool:
    """Whether `text` can be the id of a record: a UUID in canonical form (RFC 9562, lower case)."""
    return _is_canonical_id(text) is not None
