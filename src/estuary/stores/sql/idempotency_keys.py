"""What a store asks of the table of idempotency keys, compiled once."""

from datetime import timedelta
from typing import Any, Generic, NamedTuple

from sqlalchemy import Delete, Table, Text, bindparam, delete, insert, literal_column, select, tuple_
from sqlalchemy.engine.interfaces import Dialect

from estuary.core.errors import IdempotencyKeyReused
from estuary.core.moments import to_microseconds
from estuary.core.writes.write_snapshots import OutcomeT, Snapshots
from estuary.core.writes.writes import KEY_LIFETIME, IdempotencyKey
from estuary.stores.sql.statements import Statement, compiled
from estuary.stores.sql.types import LONG

REMOVED_AT_ONCE = 4
"""Expired keys that a keyed write removes: more than it adds, so that the number of them goes down."""

_LIFETIME = KEY_LIFETIME // timedelta(microseconds=1)


class KeyStatements(NamedTuple):
    """`find` gives fingerprint, snapshot and time of use; `forget` removes that one key, `expire` a few."""

    find: Statement
    keep: Statement
    forget: Statement
    expire: Statement


def compile_key_statements(table: Table, dialect: Dialect) -> KeyStatements:
    """The statements on the table of keys in the language of `dialect`."""
    columns = table.c
    this = [column == bindparam(f"_{column.name}", type_=Text) for column in table.primary_key]
    return KeyStatements(
        find=compiled(select(columns.fingerprint, columns.snapshot, columns.used_at).where(*this), dialect),
        keep=compiled(insert(table), dialect),
        forget=compiled(delete(table).where(*this), dialect),
        expire=compiled(removal_of_expired(table), dialect),
    )


def removal_of_expired(table: Table) -> Delete:
    """Removes some of the keys that expired first, `_most` at a time, without waiting for who else does."""
    columns = table.c
    place = tuple(table.primary_key)
    oldest = (
        select(*place)
        .where(columns.used_at <= bindparam("_expired", type_=LONG))
        .order_by(columns.used_at)
        .limit(bindparam("_most", type_=LONG))
        .offset(literal_column("0"))  # explicit, as for pages
        .with_for_update(skip_locked=True)
    )
    return delete(table).where(tuple_(*place).in_(oldest))


class KeyRows(Generic[OutcomeT]):
    """The keys of one resource, or of several writes, as rows of their table."""

    def __init__(self, resource: str, snapshots: Snapshots[OutcomeT]) -> None:
        self._resource = resource
        self._snapshots = snapshots

    def place(self, key: IdempotencyKey) -> tuple[str, str, str, str]:
        """The parameters of `KeyStatements.find` and `forget`."""
        return (self._resource, *key.place)

    def kept(self, key: IdempotencyKey, outcome: OutcomeT) -> tuple[Any, ...]:
        """The parameters of `KeyStatements.keep`."""
        snapshot = self._snapshots.encode(outcome)
        return (*self.place(key), key.fingerprint, snapshot, to_microseconds(key.now))

    def expired(self, key: IdempotencyKey) -> tuple[Any, ...]:
        """The parameters of `KeyStatements.expire`."""
        return (to_microseconds(key.now) - _LIFETIME, REMOVED_AT_ONCE)

    def is_expired(self, key: IdempotencyKey, row: tuple[Any, ...]) -> bool:
        """Whether `row`, which `find` gave, is too old to count."""
        return bool(to_microseconds(key.now) - row[2] >= _LIFETIME)

    def replay(self, key: IdempotencyKey, row: tuple[Any, ...]) -> OutcomeT:
        """What the key's write left behind; raises `IdempotencyKeyReused` where it was another write."""
        fingerprint, snapshot, _ = row
        if fingerprint != key.fingerprint:
            raise IdempotencyKeyReused
        return self._snapshots.decode(snapshot)
