"""References in SQLite: triggers that keep them, and what they say where they refuse a write.

Not foreign keys of the engine's own: those are kept by connections that ask for it alone, could not be
added to a table that is there, and an error of theirs names none of them.
"""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from estuary.core.errors import Referenced, ReferenceMissing
from estuary.core.references.foreign_keys import ForeignKey
from estuary.stores.sqlite.triggers import are_there, made_again

_MISSING: Final = "there is no record that is referred to by the field "
_REFERENCED: Final = "other records refer to this one"


class ReferenceTriggers:
    """The triggers that keep `keys` for every writer: each name with its DDL."""

    def __init__(self, keys: Sequence[ForeignKey]) -> None:
        self.ddl: Final = {
            name: f'CREATE TRIGGER "{name}" {body}' for key in keys for name, body in _bodies(key)
        }

    def lacking(self, found: Collection[tuple[str, str]]) -> Iterable[str]:
        """The statements that make them, where one is not among those `found`."""
        return () if are_there(self.ddl, found) else made_again(self.ddl)

    def released(self) -> list[str]:
        """The statements that remove them."""
        return [f'DROP TRIGGER IF EXISTS "{name}"' for name in self.ddl]

    def all_released(self, tables: Iterable[str], found: Iterable[str]) -> list[str]:
        """The statements that remove those `found` of `tables`, whichever declaration asked for them."""
        ours = tuple(map(_of_fields, tables))
        return [f'DROP TRIGGER IF EXISTS "{name}"' for name in sorted(found) if name.startswith(ours)]

    def undeclared(self, tables: Iterable[str], found: Iterable[str]) -> list[str]:
        """The statements that remove those `found` which an earlier declaration of `tables` asked for."""
        return self.all_released(tables, (name for name in found if name not in self.ddl))


def _of_fields(table: str) -> str:
    """How their names begin that keep what the records of `table` refer to."""
    return f"_{table}."


def _bodies(key: ForeignKey) -> Iterator[tuple[str, str]]:
    table, field, target = key.resource, key.field, key.target
    name = f"{_of_fields(table)}{field}"
    there = f'SELECT 1 FROM "{target}" WHERE id = NEW."{field}"'  # noqa: S608 (checked names, as below)
    is_missing = f'WHEN NEW."{field}" IS NOT NULL AND NOT EXISTS ({there})'
    refuse_missing = f"BEGIN SELECT RAISE(ABORT, '{_MISSING}{field}'); END"
    yield f"{name}_inserted", f'AFTER INSERT ON "{table}" {is_missing} {refuse_missing}'
    yield f"{name}_updated", f'AFTER UPDATE OF "{field}" ON "{table}" {is_missing} {refuse_missing}'
    is_referenced = f'WHEN EXISTS (SELECT 1 FROM "{table}" WHERE "{field}" = OLD.id)'  # noqa: S608
    yield (
        f"{name}_kept",
        f"AFTER DELETE ON \"{target}\" {is_referenced} BEGIN SELECT RAISE(ABORT, '{_REFERENCED}'); END",
    )


def refusal_of(error: sqlite3.IntegrityError) -> ReferenceMissing | Referenced | None:
    """The error to raise for `error`; None where no reference is in the way."""
    if error.sqlite_errorcode != sqlite3.SQLITE_CONSTRAINT_TRIGGER:
        return None
    message = str(error)
    if message.startswith(_MISSING):
        return ReferenceMissing(message.removeprefix(_MISSING))
    return Referenced() if message == _REFERENCED else None
