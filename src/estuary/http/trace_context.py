"""Trace context: the trace that a request belongs to (W3C Trace Context, level 1)."""

import re

_TRACEPARENT = re.compile(
    r"(?!ff)(?P<version>[0-9a-f]{2})"
    r"-(?!0{32})(?P<trace_id>[0-9a-f]{32})"
    r"-(?!0{16})[0-9a-f]{16}"
    r"-[0-9a-f]{2}(?P<rest>-.*)?",
    re.ASCII,
)


def trace_id_of(traceparent: str | None) -> str | None:
    """The trace id in a `traceparent` header: 32 lower-case hex digits; None without a valid one.

    Version 00 is exact; a higher one may go on after a dash, as section 3.2.2 wants it to be read.
    """
    if traceparent is None:
        return None
    found = _TRACEPARENT.fullmatch(traceparent)
    if found is None or (found["rest"] is not None and found["version"] == "00"):
        return None
    return found["trace_id"]
