"""API keys as a table: its columns, its statements, and its rows."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import (
    Column,
    Index,
    MetaData,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.engine.interfaces import Dialect

from estuary.core.api_keys.api_keys import ApiKey
from estuary.core.moments import from_microseconds, to_microseconds
from estuary.stores.sql.statements import Statement, compiled
from estuary.stores.sql.tables import API_KEYS
from estuary.stores.sql.types import LONG

_TIMES = frozenset({"created_at", "expires_at", "rotated_at", "previous_until", "revoked_at", "used_at"})
_LISTS = frozenset({"scopes", "roles"})
_FIELDS = ApiKey.__struct_fields__
_Texts = tuple[str, ...]


def api_keys_table(metadata: MetaData) -> Table:
    """The API keys, with digests of their secrets; times are microseconds since the epoch."""
    return Table(
        API_KEYS,
        metadata,
        Column("id", Text, primary_key=True, nullable=False),
        Column("name", Text, nullable=False),
        Column("digest", Text, nullable=False),
        Column("owner", Text, nullable=True),
        Column("scopes", Text, nullable=False),
        Column("roles", Text, nullable=False),
        Column("created_by", Text, nullable=False),
        Column("created_at", LONG, nullable=False),
        Column("expires_at", LONG, nullable=True),
        Column("rotated_at", LONG, nullable=True),
        Column("previous_digest", Text, nullable=True),
        Column("previous_until", LONG, nullable=True),
        Column("revoked_at", LONG, nullable=True),
        Column("used_at", LONG, nullable=True),
        Column("version", LONG, nullable=False),
        Index(f"{API_KEYS}_version", "version"),
        sqlite_strict=True,
    )


class ApiKeyStatements(NamedTuple):
    """`changed` gives whole rows, `version` one key's; `next_version` the one after the highest.

    A write asks for the next version first, with other writers kept out: so versions are committed in their
    order.
    """

    changed: Statement
    version: Statement
    next_version: Statement
    insert: Statement
    replace: Statement
    revoke_all: Statement
    note_use: Statement
    forget: Statement


def compile_api_key_statements(table: Table, dialect: Dialect) -> ApiKeyStatements:
    """The statements on `table` in the language of `dialect`."""
    columns = table.c
    this = columns.id == bindparam("_id", type_=Text)
    values = {
        columns[name]: bindparam(f"_{name}", type_=columns[name].type)
        for name in _FIELDS
        if name not in ("id", "used_at")
    }
    now, version = bindparam("_now", type_=LONG), bindparam("_version", type_=LONG)
    used_at, before = bindparam("_used_at", type_=LONG), bindparam("_before", type_=LONG)
    is_earlier = or_(columns.used_at.is_(None), columns.used_at < used_at)
    has_ended = or_(columns.revoked_at < before, columns.expires_at < before)
    highest = select(func.max(columns.version)).scalar_subquery()
    next_version = func.coalesce(func.max(columns.version), literal_column("0")) + literal_column("1")
    statements = {
        "changed": select(*(columns[name] for name in _FIELDS))
        .where(columns.version > version)
        .order_by(columns.version, columns.id),
        "version": select(columns.version).where(this),
        "next_version": select(next_version),
        "insert": insert(table).values({columns.id: bindparam("_id", type_=Text), **values}),
        "replace": update(table).where(this).values(values),
        "revoke_all": update(table)
        .where(columns.revoked_at.is_(None))
        .values({columns.revoked_at: now, columns.version: version}),
        "note_use": update(table).where(this, is_earlier).values({columns.used_at: used_at}),
        # The highest version stays, so that versions never start again.
        "forget": delete(table).where(has_ended, columns.version < highest),
    }
    return ApiKeyStatements(**{name: compiled(each, dialect) for name, each in statements.items()})


def bound(statement: Statement, values: Mapping[str, Any]) -> tuple[Any, ...]:
    """The parameters of `statement` in the order of their places."""
    return tuple(values[name] for name in statement.parameters)


def row_of(key: ApiKey, version: int) -> Mapping[str, Any]:
    """The parameters of `insert` and `replace` for `key` at `version`."""
    row = {f"_{name}": _kept(name, getattr(key, name)) for name in _FIELDS}
    return row | {"_version": version}


def key_of(row: tuple[Any, ...]) -> ApiKey:
    """The key in a row of `changed`."""
    return ApiKey(**{name: _read(name, value) for name, value in zip(_FIELDS, row, strict=True)})


def _kept(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _TIMES:
        return to_microseconds(value)
    return msgspec.json.encode(value).decode() if name in _LISTS else value


def _read(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _TIMES:
        return from_microseconds(value)
    return msgspec.json.decode(value, type=_Texts) if name in _LISTS else value
