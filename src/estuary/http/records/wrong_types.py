"""What is told of values that have the wrong type: msgspec's words in those that clients know."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from estuary.core.errors import Violation
from estuary.core.kinds.kind import Broken, Kind
from estuary.core.kinds.number import BEYOND

_PATH = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_FIELD = re.compile(r"(?P<name>\w+)(?P<entries>(?:\[\d+\])*)")
_MISSING = re.compile(r"missing required field `(?P<field>\w+)`")
_EXPECTED = re.compile(r"Expected `[^`]+`, got `[^`]+`")
_BEYOND = frozenset({"Integer value out of range", "Number out of range"})


def violations(
    message: str, kinds: Mapping[str, Kind], given: msgspec.Struct | None = None
) -> tuple[Violation, ...]:
    """What msgspec's `message` says is wrong with fields of these `kinds`.

    `given` holds what came as each field, as `msgspec.Raw`.
    """
    missing = _MISSING.search(message)
    if missing:
        return (Violation(missing["field"], "is required", "required"),)
    path = _PATH.search(message)
    field = path["path"] if path else ""
    said = message[: path.start()] if path else message
    broken = _broken(said, _kind_at(field, kinds), getattr(given, field, None))
    return (Violation(field or "body", broken.message, broken.code),)


def _kind_at(path: str, kinds: Mapping[str, Kind]) -> Kind | None:
    """The kind of what stands at `path`, such as `tags[0]`; None for the body itself."""
    parts = _FIELD.fullmatch(path)
    kind = kinds.get(parts["name"]) if parts else None
    for _ in range(parts["entries"].count("[") if parts else 0):
        kind = kind.entry if kind is not None else None
    return kind


def _broken(said: str, kind: Kind | None, given: Any) -> Broken:
    if said in _BEYOND:
        return Broken(BEYOND, "type")
    if _EXPECTED.search(said):
        return Broken(f"must be {'an object' if kind is None else kind.noun}", "type")
    return Broken("has the wrong type", "type") if kind is None else kind.malformed(_text(given))


def _text(raw: Any) -> str:
    """The text that `raw` is as JSON; nothing where it is none."""
    if not isinstance(raw, msgspec.Raw):
        return ""
    try:
        return msgspec.json.decode(raw, type=str)
    except msgspec.DecodeError:
        return ""
