"""The messages about values of the wrong type: msgspec's errors in the API's words."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from estuary.core.errors import Violation
from estuary.core.kinds.kind import Broken, Kind
from estuary.core.kinds.number import BEYOND

_PATH = r" - at `\$\.?(?P<path>[^`]*)`$"
_PART = r"(?P<name>\w+)(?P<entries>(?:\[\d+\])*)"
_decode_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_MISSING = r"missing required field `(?P<field>\w+)`"
_EXPECTED = r"Expected `[^`]+`, got `[^`]+`"
_BEYOND = frozenset({"Integer value out of range", "Number out of range"})


def violations(
    message: str, kinds: Mapping[str, Kind], given: msgspec.Struct | None = None
) -> tuple[Violation, ...]:
    """What msgspec's `message` says is wrong with fields of these `kinds`.

    `given` holds what came as each field, as `msgspec.Raw`.
    """
    path = re.search(_PATH, message)
    field = path["path"] if path else ""
    reason = message[: path.start()] if path else message
    missing = re.search(_MISSING, reason)
    if missing:
        name = f"{field}.{missing['field']}" if field else missing["field"]
        return (Violation(name, "is required", "required"),)
    broken = _broken(reason, _kind_at(field, kinds), _given_at(field, given))
    return (Violation(field or "body", broken.message, broken.code),)


def _kind_at(path: str, kinds: Mapping[str, Kind]) -> Kind | None:
    """The kind of the value at `path`, such as `tags[0]` or `size.width`; None for the body itself."""
    kind: Kind | None = None
    for depth, step in enumerate(path.split(".")):
        part = re.fullmatch(_PART, step)
        if part is None:
            return None
        kind = kinds.get(part["name"]) if depth == 0 else kind and kind.part(part["name"])
        for _ in range(part["entries"].count("[")):
            kind = kind and kind.entry
    return kind


def _given_at(path: str, given: Any) -> Any:
    """What came at `path`, within what came as each field; None where that is not known."""
    first, *inner = path.split(".")
    found = getattr(given, first, None)
    for name in inner:
        if not isinstance(found, msgspec.Raw):
            return None
        found = _decode_members(found).get(name)
    return found


def _broken(reason: str, kind: Kind | None, given: Any) -> Broken:
    if reason in _BEYOND:
        return Broken(BEYOND, "type")
    if re.search(_EXPECTED, reason):
        return Broken(f"must be {'an object' if kind is None else kind.noun}", "type")
    return Broken("has the wrong type", "type") if kind is None else kind.malformed(_text(given))


def _text(raw: Any) -> str:
    """`raw` as text where it is a JSON string, else None."""
    if not isinstance(raw, msgspec.Raw):
        return ""
    try:
        return msgspec.json.decode(raw, type=str)
    except msgspec.DecodeError:
        return ""
