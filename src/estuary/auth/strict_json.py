"""Strict JSON for tokens and key sets: one object, which every parser reads in the same way."""

import json
from typing import Any, NoReturn

from estuary.core.nesting import nests_too_deep

MAX_CONTAINERS = 4096


def decode_object(text: bytes, *, max_containers: int = MAX_CONTAINERS) -> dict[str, Any]:
    """Decode an object with at most a given number of objects and lists; raises `ValueError`.

    It refuses a member named twice (RFC 8725, 2.4 and RFC 7519, 4 leave open which one counts), NaN and
    infinities, any encoding but UTF-8, and nesting beyond a limit.
    """
    if text.count(b"{") + text.count(b"[") > max_containers:
        raise ValueError("too many objects and lists")
    if nests_too_deep(text):
        raise ValueError("nested too deep")
    value = _DECODER.decode(text.decode())
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004 - it is the text that is wrong
    return value


def _unique(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) != len(members):
        raise ValueError("a member is named twice")
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number in JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_number)
