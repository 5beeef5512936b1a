"""Records that refer to none, which stand in the way of a reference that is still to be kept."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from estuary.core.references.foreign_keys import ForeignKey
from estuary.stores.sql.renames import NONE, Renames, source

_MOST_REPORTED = 3
"""How many ids of such records are reported."""


class OrphanSearch(NamedTuple):
    """Looks for the records that `key` makes orphans of; its field is a column that is there.

    Where `target_is_new` there is no table of what is referred to yet. `renames` are those of the table.
    """

    key: ForeignKey
    target_is_new: bool = False
    renames: Renames = NONE

    @property
    def statement(self) -> str:
        """Gives a row for some of them: the number of all, and an id."""
        table, field, target = self.key.resource, self.key.field, self.key.target
        there = f'EXISTS (SELECT 1 FROM "{target}" AS target WHERE target.id = referring."{field}")'  # noqa: S608
        referring = source(table, self.renames)
        missing = "" if self.target_is_new else f" AND NOT {there}"
        return (
            f"SELECT count(*) OVER (), id FROM {referring} AS referring "  # noqa: S608 (checked names)
            f'WHERE "{field}" IS NOT NULL{missing} ORDER BY id LIMIT {_MOST_REPORTED}'
        )

    def refusal(self, rows: Sequence[Sequence[Any]]) -> str:
        """Why the reference cannot be kept; `rows`, at least one, are what the statement gave."""
        number, ids = rows[0][0], ", ".join(str(row[1]) for row in rows)
        more = ", …" if number > len(rows) else ""
        refer = "1 record refers" if number == 1 else f"{number} records refer"
        return (
            f"Table {self.key.resource}: field {self.key.field} is declared to refer to {self.key.target}, "
            f"and {refer} to none of them ({ids}{more}); change or remove them first"
        )
