"""What else is renamed with a column: the indexes and foreign keys whose names are made of it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Table

from estuary.core.references.foreign_keys import ForeignKey
from estuary.stores.postgres.catalog import Catalog
from estuary.stores.postgres.foreign_keys import constraint_name
from estuary.stores.sql.indexes import name_before
from estuary.stores.sql.renames import Renames, present_name, renames_of


class Renamed(NamedTuple):
    """`catalog` as it will be under present names, once columns are renamed and `statements` have run.

    `renames` are those of each table.
    """

    catalog: Catalog
    statements: list[str]
    renames: Mapping[str, Renames]


def renamed(catalog: Catalog, tables: Mapping[str, Table], keys: Sequence[ForeignKey]) -> Renamed:
    """What is found in `catalog` of `tables`, which refer to each other by `keys`."""
    renames = {name: renames_of(table, catalog.columns.get(name, {})) for name, table in tables.items()}
    columns, indexes, foreign_keys = (
        dict(catalog.columns),
        dict(catalog.indexes),
        dict(catalog.foreign_keys),
    )
    statements: list[str] = []
    for name, former in renames.items():
        if former:
            columns[name] = {present_name(each, former): kind for each, kind in columns[name].items()}
            of_indexes = dict(_indexes(tables[name], former, indexes.get(name, {})))
            of_keys = dict(_foreign_keys(name, keys, former, foreign_keys.get(name, {})))
            indexes[name] = _under(indexes.get(name, {}), of_indexes)
            foreign_keys[name] = _under(foreign_keys.get(name, {}), of_keys)
            statements += (f'ALTER INDEX "{old}" RENAME TO "{new}"' for old, new in of_indexes.items())
            statements += (
                f'ALTER TABLE "{name}" RENAME CONSTRAINT "{old}" TO "{new}"' for old, new in of_keys.items()
            )
    found = catalog._replace(columns=columns, indexes=indexes, foreign_keys=foreign_keys)
    return Renamed(found, statements, renames)


def _indexes(table: Table, renames: Renames, found: Mapping[str, bool]) -> Iterator[tuple[str, str]]:
    """The indexes `found` that are to be renamed, each with its present name."""
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        before, now = name_before(index, renames), str(index.name)
        if before != now and before in found and now not in found:
            yield before, now


def _foreign_keys(
    table: str, keys: Sequence[ForeignKey], renames: Renames, found: Mapping[str, bool]
) -> Iterator[tuple[str, str]]:
    """The foreign keys `found` that are to be renamed, each with its present name."""
    for key in keys:
        if key.resource == table and key.field in renames:
            before, now = constraint_name(key._replace(field=renames[key.field])), constraint_name(key)
            if before in found and now not in found:
                yield before, now


def _under(found: Mapping[str, bool], names: Mapping[str, str]) -> dict[str, bool]:
    return {names.get(name, name): valid for name, valid in found.items()}
