"""How PostgreSQL spells list queries."""

from collections.abc import Sequence
from typing import Final

from estuary.stores.postgres.tables import ALL_OWNERS
from estuary.stores.sql.tables import TOTALS
from estuary.stores.sql.tie_breakers import TieBreaker, tie_breaker


class PostgresLanguage:
    """Implements `Language`."""

    counts_within: Final = True

    def parameter(self, number: int, type_: str) -> str:
        """With its type, which the server would otherwise conclude from where it first stands."""
        return f"${number}::{type_}"

    def ordered(self, column: str, *, descending: bool, optional: bool) -> str:
        """What cannot be null keeps the default, as its indexes do."""
        nulls = (" NULLS LAST" if descending else " NULLS FIRST") if optional else ""
        return f"{column}{' DESC' if descending else ''}{nulls}"

    def tie_breaker(self, keys: int, *, owned: bool) -> TieBreaker:
        """The expression by which the server distinguishes the indexes."""
        return tie_breaker(keys, owned=owned)

    def leads(self, column: str, parameter: str) -> str:
        """One of a single value: a column that equals a value is left out of the order that is asked for.

        So the index has to begin with this column.
        """
        return f"{column} = ANY(ARRAY[{parameter}])"

    def unindexed(self, column: str) -> str:
        """The server decides by its statistics."""
        return column

    def differs(self, column: str, parameter: str) -> str:
        """Null differs from every value."""
        return f"{column} IS DISTINCT FROM {parameter}"

    def contains(self, text: str, parameter: str) -> str:
        """Not LIKE, in which some characters mean others."""
        return f"strpos({text}, {parameter}) > 0"

    def has(self, column: str, parameter: str) -> str:
        """A list is kept as an array."""
        return f"{parameter} = ANY({column})"

    def union(self, selects: Sequence[str], order: str, limit: str) -> str:
        """Merged as they are read (`Merge Append`), which the server does where each has its own order."""
        merged = " UNION ALL ".join(f"({select}{order}{limit})" for select in selects)
        # Within another SELECT, for what merges several is ordered by names of columns alone.
        return f"SELECT * FROM ({merged}) AS merged{order}{limit}"  # noqa: S608 (written here)

    def total(self, resource: str, owner: str | None) -> str:
        """The total of all records is kept under an owner that none has. A sum of bigints is a numeric."""
        return (
            f'SELECT coalesce(sum(total), 0)::bigint FROM "{TOTALS}" '  # noqa: S608 (a checked name)
            f"WHERE resource = '{resource}' AND owner = {owner or ALL_OWNERS}"
        )
