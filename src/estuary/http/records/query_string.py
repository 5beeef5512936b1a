"""The query string: its parameters, decoded strictly, and the error for one that is unknown."""

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import unquote_to_bytes

from estuary.http.errors import InvalidParameter

_MAX_PARAMETERS: Final = 200
_LONGEST_SUGGESTED: Final = 64
"""Characters of a name for which the nearest known one is looked for: longer ones cost too much."""
_LONGEST_SHOWN: Final = 100
_MOST_SHOWN: Final = 12

_is_malformed: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})").search


def pairs_of(query: str) -> list[tuple[str, str]]:
    """The parameters in `query`, form-decoded, in their order; raises `InvalidParameter`.

    A `+` is a space. What is not percent-encoded UTF-8 is refused, for it could only be guessed at.
    """
    parts = query.split("&")
    if len(parts) > _MAX_PARAMETERS:
        raise InvalidParameter("query", f"At most {_MAX_PARAMETERS} parameters are read")
    plain = "%" not in query and "+" not in query and query.isascii()
    pairs: list[tuple[str, str]] = []
    for part in parts:
        if not part:
            continue
        name, _, value = part.partition("=")
        if not plain:
            name = _decoded(name, "query")
            value = _decoded(value, shortened(name))
        pairs.append((name, value))
    return pairs


def refuse_parameters(query: str, known: Sequence[str] = ()) -> None:
    """Raise `InvalidParameter` where `query` holds a parameter that the route does not know."""
    for name, _ in pairs_of(query):
        if name not in known:
            raise unknown(name, known)


def unknown(name: str, known: Sequence[str]) -> InvalidParameter:
    """The error for a parameter that is not one of `known`: it names the nearest, or all."""
    if not name:
        return InvalidParameter("query", f"A parameter has no name; {hint(name, known)}")
    return InvalidParameter(shortened(name), f"Parameter is unknown; {hint(name, known)}")


def unknown_field(parameter: str, name: str, known: Sequence[str]) -> InvalidParameter:
    """The same of a field that `parameter` names."""
    if not name:
        return InvalidParameter(parameter, f"A field has no name; {hint(name, known)}")
    return InvalidParameter(parameter, f"Field {shortened(name)} is unknown; {hint(name, known)}")


def shortened(name: str) -> str:
    """A client's name for something as a message repeats it."""
    return name if len(name) <= _LONGEST_SHOWN else f"{name[:_LONGEST_SHOWN]}…"


def hint(name: str, known: Sequence[str]) -> str:
    """Which of the `known` names is meant, or which there are."""
    if not known:
        return "none is taken here"
    near = _nearest(name, known) if len(name) <= _LONGEST_SUGGESTED else []
    if near:
        return f"did you mean {near[0]}?"
    if len(known) == 1:
        return f"the only one is {known[0]}"
    more = ", …" if len(known) > _MOST_SHOWN else ""
    return f"known are {', '.join(known[:_MOST_SHOWN])}{more}"


def _nearest(name: str, known: Sequence[str]) -> list[str]:
    from difflib import get_close_matches  # 0.2 MB and 1 ms, for the first misspelt name alone

    return get_close_matches(name, known, n=1)


def _decoded(text: str, name: str) -> str:
    try:
        # Servers give what is not ASCII as ISO-8859-1.
        raw = text.replace("+", " ").encode("latin-1")
        if b"%" in raw:
            if _is_malformed(raw):
                raise _unreadable(name)
            raw = unquote_to_bytes(raw)
        return raw.decode()
    except UnicodeError:
        raise _unreadable(name) from None


def _unreadable(name: str) -> InvalidParameter:
    return InvalidParameter(name, "Must be percent-encoded UTF-8")
