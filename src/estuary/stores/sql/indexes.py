"""The declared indexes as objects of a database."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import ColumnElement, Index, Table
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateIndex
from sqlalchemy.sql.compiler import SQLCompiler

from estuary.core.queries.conditions import SortKey
from estuary.core.queries.indexes import IDENTITY, POSITION, IndexDefinition
from estuary.core.queries.uniques import UniqueKey
from estuary.core.resource import Resource
from estuary.stores.sql.renames import NONE, Renames
from estuary.stores.sql.tie_breakers import PLAIN, TieBreaker, tie_breaker

OWNER: Final = "owner"
ORDER: Final = "order"
"""The order in which unique keys are declared: PostgreSQL reports the one that was made first."""
_KEY: Final = "key"
"""Says of an index which unique key it keeps."""
OWNED: Final = f"{OWNER} <> ''"
"""What indexes led by the owner hold; a query must say it in these words to be served by one."""

_NAMED: Final = "named"
"""The key in an index's `info` for the text that its name is made of, where columns were renamed."""
_WHERE: Final = "where"
"""Under this name an index keeps the condition for what it holds."""


class _Key(ColumnElement[Any]):
    """A column of an index with its direction; null comes before every value, as in every order."""

    inherit_cache = False

    def __init__(
        self,
        name: str,
        *,
        descending: bool = False,
        optional: bool = False,
        folded: bool = False,
        form: TieBreaker = PLAIN,
    ) -> None:
        self.name = name
        self.descending = descending
        self.optional = optional
        self.folded = folded
        self.form = form


@compiles(_Key)
def _compile(element: _Key, compiler: SQLCompiler, **_: object) -> str:
    direction = " DESC" if element.descending else ""
    column = f'lower("{element.name}")' if element.folded else f'"{element.name}"'
    nulls = ""
    if compiler.dialect.name == "postgresql":
        column = element.form.sql(column)
        if element.optional or element.form.nulls_smallest:
            nulls = " NULLS LAST" if element.descending else " NULLS FIRST"
    return f"{column}{direction}{nulls}"


def add_indexes(resource: Resource, table: Table) -> None:
    """Add to `table` what serves the lists of `resource`, and what keeps its unique keys.

    Each index for lists has a twin that is led by the owner. Records without an owner are not in that one,
    and cost nothing.
    """
    Index(position_index(table.name), table.c.created_at, table.c.id, unique=True)
    _owned(lambda *_: f"_{table.name}_owner", resource, table, POSITION)
    for index in resource.indexes:
        if index == POSITION:
            continue
        if index != IDENTITY:  # the primary key
            named = partial(_name, table, index)
            Index(named(), *_keys(resource, index), info={_NAMED: named}, _table=table)
        _owned(partial(_name, table, index, owned=True), resource, table, index)
    for order, key in enumerate(resource.unique_keys):
        # The owner comes last, for those who see all owners' records to find them by the fields alone.
        keys = [_Key(field, folded=field in key.folds) for field in key.fields]
        owner = [] if key.of_all else [_Key(OWNER)]
        Index(
            unique_name(table, key),
            *keys,
            *owner,
            unique=True,
            info={ORDER: order, _KEY: key, _NAMED: partial(unique_name, table, key)},
            _table=table,
        )


def unique_keys_in(table: Table) -> Iterator[tuple[str, UniqueKey]]:
    """The unique keys of the records in `table`, each with the name of its index."""
    for index in sorted(table.indexes, key=lambda index: index.info.get(ORDER, -1)):
        if _KEY in index.info:
            yield str(index.name), index.info[_KEY]


def name_before(index: Index, renames: Renames) -> str:
    """The name of `index` in the table, where columns are not renamed yet."""
    named = index.info.get(_NAMED)
    return str(index.name if named is None else named(renames))


def unique_name(table: Table, key: UniqueKey, renames: Renames = NONE) -> str:
    """The name of the index that keeps `key`: another key has another name, as `_name` has it."""
    names = [(renames.get(field, field), field in key.folds) for field in key.fields]
    fields = ",".join(f"lower({name})" if folded else name for name, folded in names)
    text = fields if key.of_all else f"{fields},{OWNER}"
    return f"_{table.name}_unique_{sha256(text.encode()).hexdigest()[:8]}"


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
    return re.fullmatch(rf"_{table}_(index|unique)_[0-9a-f]{{8}}", index) is not None


def _owned(named: Callable[..., str], resource: Resource, table: Table, index: IndexDefinition) -> None:
    keys = [_Key(OWNER), *_keys(resource, index, owned=True)]
    Index(named(), *keys, info={_WHERE: OWNED, _NAMED: named}, _table=table)


def _keys(resource: Resource, index: IndexDefinition, *, owned: bool = False) -> Iterator[_Key]:
    *others, last = index.keys
    for key in others:
        optional = resource.attributes[key.field].optional
        yield _Key(key.field, descending=key.descending, optional=optional)
    yield _Key(last.field, descending=last.descending, form=tie_breaker(len(index.keys), owned=owned))


def _described(form: TieBreaker) -> Iterator[str]:
    if form != PLAIN:
        yield f"{form.wording} {form.nulls_smallest}"


def _name(table: Table, index: IndexDefinition, renames: Renames = NONE, *, owned: bool = False) -> str:
    """Another index has another name, so that none is ever taken for what it was declared as before.

    Nor for one whose fields could not be null, for null has its place in it. The name is not made of the
    fields' names: PostgreSQL cuts names off at 63 bytes.
    """
    leading = [SortKey(OWNER)] if owned else []
    form = tie_breaker(len(index.keys), owned=owned)
    keys = [
        f"{'-' if key.descending else ''}{renames.get(key.field, key.field)}"
        f"{'?' if table.c[key.field].nullable else ''}"
        for key in (*leading, *index.keys)
    ]
    text = ",".join([*keys, *_described(form)])
    return f"_{table.name}_index_{sha256(text.encode()).hexdigest()[:8]}"
