"""How SQLite spells list queries."""

from collections.abc import Sequence
from typing import Final

from estuary.stores.sql.language import equals
from estuary.stores.sql.tables import TOTALS
from estuary.stores.sql.tie_breakers import PLAIN, TieBreaker


class SqliteLanguage:
    """Implements `Language`."""

    counts_within: Final = False

    def parameter(self, number: int, type_: str) -> str:  # noqa: ARG002 (values bring their types)
        """Numbered (https://www.sqlite.org/lang_expr.html#varparam)."""
        return f"?{number}"

    def ordered(self, column: str, *, descending: bool, optional: bool) -> str:  # noqa: ARG002 (as below)
        """Null comes before every value by itself."""
        return f"{column} DESC" if descending else column

    def tie_breaker(self, keys: int, *, owned: bool) -> TieBreaker:  # noqa: ARG002 (as below)
        """The plain one for every index: SQLite searches the index with most columns that are equal."""
        return PLAIN

    def leads(self, column: str, parameter: str) -> str:
        """Equality, as for any other column."""
        return equals(column, parameter)

    def unindexed(self, column: str) -> str:
        """A unary + disqualifies it (https://www.sqlite.org/optoverview.html)."""
        return f"+{column}"

    def differs(self, column: str, parameter: str) -> str:
        """IS compares null, too."""
        return f"{column} IS NOT {parameter}"

    def contains(self, text: str, parameter: str) -> str:
        """Not LIKE, in which some characters mean others."""
        return f"instr({text}, {parameter}) > 0"

    def has(self, column: str, parameter: str) -> str:
        """A list is kept as JSON. Its `column` is qualified: json_each has columns such as `value`, too."""
        return f"EXISTS (SELECT 1 FROM json_each({column}) WHERE value = {parameter})"  # noqa: S608 (a column and a parameter)

    def union(self, selects: Sequence[str], order: str, limit: str) -> str:
        """Merged as they are read: the plan is `MERGE (UNION ALL)`."""
        return f"{' UNION ALL '.join(selects)}{order}{limit}"

    def total(self, resource: str, owner: str | None) -> str:
        """A row for each owner."""
        hers = "" if owner is None else f" AND owner = {owner}"
        return f"SELECT coalesce(sum(total), 0) FROM {TOTALS} WHERE resource = '{resource}'{hers}"  # noqa: S608 (a checked name)
