"""The declared indexes as objects of a database."""

import re
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import ColumnElement, Index, Table
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateIndex
from sqlalchemy.sql.compiler import SQLCompiler

from estuary.core.conditions import SortKey
from estuary.core.indexes import IDENTITY, POSITION, IndexDefinition
from estuary.core.resource import Resource

OWNER: Final = "owner"
OWNED: Final = f"{OWNER} <> ''"
"""What indexes led by the owner hold; a query must say it in these words to be served by one."""

_WHERE: Final = "where"
"""Under this name an index keeps the condition for what it holds."""


class _Key(ColumnElement[Any]):
    """A column of an index with its direction; null comes before every value, as in every order."""

    inherit_cache = False

    def __init__(self, name: str, *, descending: bool, optional: bool) -> None:
        self.name = name
        self.descending = descending
        self.optional = optional


@compiles(_Key)
def _compile(element: _Key, compiler: SQLCompiler, **_: object) -> str:
    direction = " DESC" if element.descending else ""
    nulls = ""
    if compiler.dialect.name == "postgresql" and element.optional:
        nulls = " NULLS LAST" if element.descending else " NULLS FIRST"
    return f'"{element.name}"{direction}{nulls}'


def add_indexes(resource: Resource, table: Table) -> None:
    """Add to `table` what serves the lists of `resource`.

    Each index is there once more, led by the owner. Records without an owner are not in that one, and cost
    nothing.
    """
    Index(position_index(table.name), table.c.created_at, table.c.id, unique=True)
    _owned(f"_{table.name}_owner", resource, table, POSITION)
    for index in resource.indexes:
        if index == POSITION:
            continue
        if index != IDENTITY:  # the primary key
            Index(_name(table, index), *_keys(resource, index), _table=table)
        _owned(_name(table, index, OWNER), resource, table, index)


def create_index(index: Index, dialect: Dialect) -> str:
    """The statement that makes `index`.

    SQLAlchemy's own arguments for what a partial index holds (`postgresql_where`) would import the dialects
    of every engine that they name, which takes 2 MiB and tens of milliseconds.
    """
    made = str(CreateIndex(index).compile(dialect=dialect))
    return f"{made} WHERE {index.info[_WHERE]}" if _WHERE in index.info else made


def position_index(table: str) -> str:
    """The name of the unique index in which the records of `table` are in their order."""
    return f"_{table}_position"


def named_here(table: str, index: str) -> bool:
    """Whether an index of `table` has a name that only `add_indexes` gives, for whatever declaration."""
    return re.fullmatch(rf"_{table}_index_[0-9a-f]{{8}}", index) is not None


def _owned(name: str, resource: Resource, table: Table, index: IndexDefinition) -> None:
    keys = [_Key(OWNER, descending=False, optional=False), *_keys(resource, index)]
    Index(name, *keys, info={_WHERE: OWNED}, _table=table)


def _keys(resource: Resource, index: IndexDefinition) -> Iterator[_Key]:
    for key in index.keys:
        optional = resource.attributes[key.field].optional
        yield _Key(key.field, descending=key.descending, optional=optional)


def _name(table: Table, index: IndexDefinition, *leading: str) -> str:
    """Another index has another name, so that none is ever taken for what it was declared as before.

    Not of the fields' names: PostgreSQL cuts names off at 63 bytes.
    """
    keys = [*map(SortKey, leading), *index.keys]
    text = ",".join(f"{'-' if key.descending else ''}{key.field}" for key in keys)
    return f"_{table.name}_index_{sha256(text.encode()).hexdigest()[:8]}"
