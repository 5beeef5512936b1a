"""What fields were called before: which names contradict a declaration, and what is read under them."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, TypeVar

import msgspec

from estuary.core.declarations import DeclarationError
from estuary.core.field import Field

T = TypeVar("T")


def check_former_names(fields: Sequence[Field], reserved: Collection[str], form: re.Pattern[str]) -> None:
    """Raise `DeclarationError` for all former names of `fields` that no field had, or that another one has.

    Those in `reserved` were never a field's, nor was any that is not of this `form`.
    """
    present = {field.name for field in fields}
    claimed: dict[str, str] = {}
    faults = []
    for field in fields:
        for name in field.former_names:
            fault = _fault(field.name, name, present, reserved, form) or _repeated(name, claimed)
            if fault:
                faults.append(f"field {field.name!r}: {fault}")
            claimed.setdefault(name, field.name)
    if faults:
        raise DeclarationError(*faults)


def _fault(
    field: str, name: Any, present: Collection[str], reserved: Collection[str], form: re.Pattern[str]
) -> str:
    """What is wrong with a former name of `field` by itself; empty where nothing is."""
    if not isinstance(name, str) or not form.fullmatch(name) or "__" in name:
        return f"Was names {name!r}, which no field can have been called: use a-z, 0-9 and _, at most 40"
    if name in reserved:
        return f"Was names {name!r}, which is Estuary's own and never was a field"
    if name == field:
        return f"Was names {name!r}, which it is called now: leave it out"
    if name in present:
        return f"Was names {name!r}, which is a field of its own: remove one of them"
    return ""


def _repeated(name: str, claimed: Mapping[str, str]) -> str:
    """What is wrong with a former name that a field has `claimed` before; empty where none has."""
    return f"Was names {name!r}, as that of field {claimed[name]!r} does" if name in claimed else ""


class FormerNames:
    """Reads what was written when `fields` had other names."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self._of: Final = {field.name: field.former_names for field in fields if field.former_names}

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._of)

    def renamed(self, members: Mapping[str, T]) -> dict[str, T]:
        """`members` under their present names; one whose field is there as well stays as it is."""
        old = {name: former_name(names, members) for name, names in self._of.items() if name not in members}
        present = {former: name for name, former in old.items() if former is not None}
        return {present.get(name, name): value for name, value in members.items()}

    def rewritten(self, record: bytes | str) -> bytes:
        """`record`, an object in JSON whose member `value` has the fields, with these under present names.

        Raises the errors of `msgspec` for what is not one.
        """
        members = _members(record)
        if "value" not in members:
            return msgspec.json.encode(members)
        value = msgspec.Raw(msgspec.json.encode(self.renamed(_members(members["value"]))))
        return msgspec.json.encode({**members, "value": value})


_decode_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def _members(text: bytes | str | msgspec.Raw) -> dict[str, msgspec.Raw]:
    return _decode_members(text)


def former_name(names: Sequence[str], there: Collection[str]) -> str | None:
    """The latest of the former `names` that is among those `there`."""
    return next((name for name in names if name in there), None)
