"""What the server's own catalogs say of some tables, as far as it matters here."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from estuary.core.errors import StoreSchemaMismatch
from estuary.stores.postgres.driver_connection import Connection

# https://www.postgresql.org/docs/current/catalogs.html; only tables where ours would be made.
_OURS = (
    "t.relnamespace = quote_ident(current_schema())::regnamespace "
    "AND t.relname = ANY($1) AND t.relkind IN ('r', 'p')"
)
_COMMENTS = f"SELECT t.relname, obj_description(t.oid, 'pg_class') FROM pg_class t WHERE {_OURS}"  # noqa: S608
_COMMENTED = """
    SELECT t.relname FROM pg_class t WHERE t.relnamespace = current_schema()::regnamespace
    AND t.relkind IN ('r', 'p') AND obj_description(t.oid, 'pg_class') = $1"""
_COLUMNS = f"""
    SELECT t.relname, c.attname, format_type(c.atttypid, c.atttypmod), c.attnotnull, c.atthasdef, o.collname
    FROM pg_class t JOIN pg_attribute c ON c.attrelid = t.oid
    LEFT JOIN pg_collation o ON o.oid = c.attcollation
    WHERE {_OURS} AND c.attnum > 0 AND NOT c.attisdropped"""  # noqa: S608 (a constant, as above and below)
_CHECKS = f"""
    SELECT t.relname, c.conname, coalesce(obj_description(c.oid, 'pg_constraint'), '')
    FROM pg_class t JOIN pg_constraint c ON c.conrelid = t.oid WHERE {_OURS} AND c.contype = 'c'"""  # noqa: S608
_INDEXES = f"""
    SELECT t.relname, i.relname, x.indisvalid
    FROM pg_class t JOIN pg_index x ON x.indrelid = t.oid JOIN pg_class i ON i.oid = x.indexrelid
    WHERE {_OURS}"""  # noqa: S608
_FOREIGN_KEYS = f"""
    SELECT t.relname, c.conname, c.convalidated
    FROM pg_class t JOIN pg_constraint c ON c.conrelid = t.oid WHERE {_OURS} AND c.contype = 'f'"""  # noqa: S608
_TRIGGERS = f"""
    SELECT t.relname, g.tgname FROM pg_class t JOIN pg_trigger g ON g.tgrelid = t.oid
    WHERE {_OURS} AND NOT g.tgisinternal"""  # noqa: S608


class ColumnFound(NamedTuple):
    """A column as the server has it; `demanded` means that it takes no null."""

    type: str
    demanded: bool
    has_default: bool
    collation: str | None


class Catalog(NamedTuple):
    """By table: its columns, its checks with their comments, its indexes, foreign keys and triggers.

    Of an index it says whether it is valid: one that is still being made, or was left unfinished, is not.
    Nor is a foreign key that was not checked for the records that were there.
    """

    columns: dict[str, dict[str, ColumnFound]]
    comments: dict[str, str | None]
    checks: dict[str, dict[str, str]]
    indexes: dict[str, dict[str, bool]]
    triggers: dict[str, set[str]]
    foreign_keys: dict[str, dict[str, bool]]


async def read_catalog(connection: Connection, tables: Sequence[str]) -> Catalog:
    """What there is of `tables`; raises `StoreSchemaMismatch` where there is no schema to look in."""
    if await connection.fetchval("SELECT current_schema()") is None:
        raise StoreSchemaMismatch("The user's search_path has no schema that exists: create one")
    names = list(tables)
    columns: dict[str, dict[str, ColumnFound]] = defaultdict(dict)
    for table, column, *found in await connection.fetch(_COLUMNS, names):
        columns[table][column] = ColumnFound(*found)
    checks: dict[str, dict[str, str]] = defaultdict(dict)
    for table, check, comment in await connection.fetch(_CHECKS, names):
        checks[table][check] = comment
    indexes: dict[str, dict[str, bool]] = defaultdict(dict)
    for table, index, valid in await connection.fetch(_INDEXES, names):
        indexes[table][index] = valid
    foreign_keys: dict[str, dict[str, bool]] = defaultdict(dict)
    for table, key, valid in await connection.fetch(_FOREIGN_KEYS, names):
        foreign_keys[table][key] = valid
    return Catalog(
        dict(columns),
        dict(await connection.fetch(_COMMENTS, names)),
        dict(checks),
        dict(indexes),
        await _names(connection, _TRIGGERS, names),
        dict(foreign_keys),
    )


async def tables_called(connection: Connection, comment: str) -> list[str]:
    """The tables where ours would be made that have this comment."""
    return [name for (name,) in await connection.fetch(_COMMENTED, comment)]


async def _names(connection: Connection, query: str, tables: Sequence[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for table, name in await connection.fetch(query, tables):
        found[table].add(name)
    return dict(found)
