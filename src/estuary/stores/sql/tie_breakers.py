"""How each of PostgreSQL's indexes ends, so that its planner cannot take one for another.

The planner chooses the index from which it expects to read least. A plan that is made once for all values
goes by averages: where a column held one value alone when statistics were made, every record is expected to
have the value that is asked for, and an index without that column seems to do as well. It is then read
through for the few records that meet the condition. But no index is read for an order that it cannot give.

All indexes end with `id`, a text that is never null. In the collations C and POSIX, and with nulls first or
last, its order is one and the same; the planner takes them for four. The number of its keys says which of
them an index has. Of two indexes in the same order where some fields have one value each, the one that
lacks some of these fields has fewer keys: so the order that a statement asks for names the index.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple


class TieBreaker(NamedTuple):
    """The form of the last key, `id`.

    `wording` is SQL with `{}` in the column's place. `nulls_smallest` says whether nulls, of which there
    are none, come where those of other columns do.
    """

    wording: str
    nulls_smallest: bool

    def sql(self, column: str) -> str:
        """`column` in this form."""
        return self.wording.format(column)


_POSIX: Final = '{} COLLATE "POSIX"'
PLAIN: Final = TieBreaker("{}", nulls_smallest=False)
"""The tie-breaker of the primary key."""
_OF_OWNER_ALONE: Final = TieBreaker(_POSIX, nulls_smallest=True)
"""In the index of an owner's records by their ids."""
_BY_KEYS: Final[Mapping[int, TieBreaker]] = {
    # The primary key, too, is in order of ids: these differ from it by the column that they begin with.
    2: PLAIN,
    # Of a page that several searches make, another collation makes the server project each row twice.
    3: TieBreaker("{}", nulls_smallest=True),
    4: TieBreaker(_POSIX, nulls_smallest=False),
    # The same text again: an expression costs a write some time, but so many fields are rare.
    5: TieBreaker("({} || '')", nulls_smallest=False),
}


def tie_breaker(keys: int, *, owned: bool) -> TieBreaker:
    """The form in an index of so many keys, the owner in front of them not counted where it is `owned`."""
    if keys == 1 and owned:
        return _OF_OWNER_ALONE
    return _BY_KEYS.get(keys, PLAIN)
