"""What a column's rule says about its values where its type does not: SQLite's types are few."""

import re
from typing import Final

_PLACES: Final = r'^"\w+" / 1(0*) BETWEEN '
_FORMS: Final = {
    "truth values": r'^"\w+" IN \(0, 1\)$',
    "dates": r'^date\("\w+"\) IS "',
    "UUIDs": r'^length\("\w+"\) = 36 AND "\w+" NOT GLOB ',
    "lists": r"^CASE WHEN json_valid\(\"\w+\"\) THEN json_type\(\"\w+\"\) = 'array'",
    "objects": r"^CASE WHEN json_valid\(\"\w+\"\) THEN json_type\(\"\w+\"\) = 'object'",
    "decimals": _PLACES,
}


def kept_as(rule: str | None) -> str:
    """A description of the values that `rule` accepts; empty where the column's type says it."""
    return next((what for what, form in _FORMS.items() if rule is not None and re.search(form, rule)), "")


def places_in(rule: str | None) -> int | None:
    """How many decimal places the units have that `rule` bounds; None for any other rule."""
    found = None if rule is None else re.search(_PLACES, rule)
    return None if found is None else len(found[1])
