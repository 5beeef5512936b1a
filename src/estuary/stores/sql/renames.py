"""Fields that were renamed since a table was made: how what it calls them becomes their present names."""

import re
from collections.abc import Collection, Mapping
from typing import Final, TypeAlias

from sqlalchemy import Table

from estuary.core.former_names import former_name

FORMER: Final = "former"
"""Under this name a column's `info` keeps what its field was called before, the latest first."""

Renames: TypeAlias = Mapping[str, str]
"""The former names of columns in the existing table, by their new ones."""
NONE: Final[Renames] = {}

_NAME_OR_TEXT = r"""'(?:[^']|'')*'|"(\w+)\""""


def renames_of(table: Table, found: Collection[str]) -> Renames:
    """The renames of `table`, where the existing one has the columns `found`."""
    return {
        column.name: former
        for column in table.columns
        if column.name not in found
        and (former := former_name(column.info.get(FORMER, ()), found)) is not None
    }


def present_name(column: str, renames: Renames) -> str:
    """What a column of the table that is there is to be called."""
    return next((name for name, former in renames.items() if former == column), column)


def source(table: str, renames: Renames) -> str:
    """In SQL, what reads the table that is there under present names; to be followed by an alias."""
    if not renames:
        return f'"{table}"'
    named = ", ".join(f'"{former}" AS "{name}"' for name, former in renames.items())
    return f'(SELECT *, {named} FROM "{table}")'  # noqa: S608 (checked names)


def rule_in_present_names(rule: str, renames: Renames) -> str:
    """A condition that the table has, as it is once its columns are renamed; texts in it stay."""
    return re.sub(
        _NAME_OR_TEXT,
        lambda found: f'"{present_name(found[1], renames)}"' if found[1] else found[0],
        rule,
    )
