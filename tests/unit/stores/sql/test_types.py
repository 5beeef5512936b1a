"""Columns keep what a kind encodes, whatever the engine makes of that in turn."""

import pytest
from sqlalchemy import Column, MetaData, Table
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.engine.interfaces import Dialect

from estuary.core.kinds.kind import Storage, Stored
from estuary.stores.postgres.multi_row_insert import MultiRowInsert
from estuary.stores.sql.types import column_type, from_driver, to_driver

SQLITE, POSTGRES = SQLiteDialect(), asyncpg_dialect()
ENCODED = Stored(Storage.LIST, encode=str.split, decode=" ".join)


@pytest.mark.parametrize(
    ("dialect", "kept"), [(SQLITE, '["a","b"]'), (POSTGRES, ["a", "b"])], ids=["sqlite", "postgres"]
)
def test_the_kinds_conversion_comes_before_the_engines(dialect: Dialect, kept: object) -> None:
    """And after it on the way back."""
    encode, decode = (find(column_type(ENCODED), dialect) for find in (to_driver, from_driver))
    assert encode is not None
    assert decode is not None
    assert (kept, "a b") == (encode("a b"), decode(kept))


@pytest.mark.parametrize("storage", Storage)
def test_what_is_encoded_has_the_column_of_its_storage(storage: Storage) -> None:
    """A conversion changes nothing about the table."""
    plain, encoded = column_type(Stored(storage)), column_type(Stored(storage, encode=str, decode=str))
    for dialect in (SQLITE, POSTGRES):
        assert plain.compile(dialect=dialect) == encoded.compile(dialect=dialect)


def test_lists_that_a_kind_encodes_travel_as_lists_do() -> None:
    """PostgreSQL's unnest would take them apart, so that a group of inserts sends them as texts."""
    table = Table(
        "x", MetaData(), Column("id", column_type(Stored(Storage.TEXT))), Column("y", column_type(ENCODED))
    )
    _, parameters = MultiRowInsert(table, "alone").statement([("1", ["a", "b"]), ("2", None)])
    assert [("1", "2"), ['{"a","b"}', None]] == list(parameters)
