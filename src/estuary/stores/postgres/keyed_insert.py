"""The insert that keeps its idempotency key: one statement, where the key is new."""

from typing import Any

from sqlalchemy import BigInteger, Cast, Table, bindparam, cast, exists, func, insert, select
from sqlalchemy.dialects.postgresql import insert as insert_or_not

from estuary.stores.postgres.multi_row_insert import Row
from estuary.stores.postgres.statements import DIALECT
from estuary.stores.sql.idempotency_keys import removal_of_expired
from estuary.stores.sql.statements import compiled


class KeyedInsert:
    """Inserts into `table`, and into `keys`, or into neither; removes some keys that have expired.

    It gives a row if it inserted. It gives none where somebody else is at the key, or has used it.
    """

    def __init__(self, table: Table, keys: Table) -> None:
        lock = bindparam("_lock", type_=BigInteger)
        locked = select(func.pg_try_advisory_xact_lock(lock).label("got")).cte("locked")
        kept = (
            insert_or_not(keys)
            .from_select(keys.columns.keys(), select(*_values(keys)).where(locked.c.got))
            # Where it was used before, or since this statement began, which cannot see that.
            .on_conflict_do_nothing()
            .returning(keys.c.key)
            .cte("kept")
        )
        inserted = (
            insert(table)
            .from_select(table.columns.keys(), select(*_values(table)).where(exists(select(kept.c.key))))
            .returning(table.c.id)
            .add_cte(removal_of_expired(keys).cte("removed"))
        )
        self.text, names = compiled(inserted, DIALECT)
        given = [*_names(table), *_names(keys), "_lock", "_expired", "_most"]
        self._order = [given.index(name) for name in names]

    def parameters(self, row: Row, kept: Row, lock: int, expired: Row) -> Row:
        """The parameters of the three statements, `insert`, `keep` and `expire`, in this one's order."""
        given = (*row, *kept, lock, *expired)
        return [given[place] for place in self._order]


def _names(table: Table) -> list[str]:
    return [f"{table.name}.{column.name}" for column in table.columns]


def _values(table: Table) -> list[Cast[Any]]:
    names = zip(_names(table), table.columns, strict=True)
    return [cast(bindparam(name), column.type) for name, column in names]
