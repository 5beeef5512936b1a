"""The columns that list queries can name."""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Table
from sqlalchemy.engine.interfaces import Dialect

from estuary.core.kinds.kind import Conversion
from estuary.core.resource import Resource
from estuary.stores.sql.types import Lists, plain_type, to_driver


class QueryColumn(NamedTuple):
    """A column as a statement names it, `type` being that of what it is compared with.

    `convert` makes what the driver takes of a value; None where it is the same.
    """

    sql: str
    type: str
    optional: bool
    convert: Conversion | None


def columns_of(resource: Resource, table: Table, dialect: Dialect) -> Mapping[str, QueryColumn]:
    """Those of every attribute of `resource`, by name."""
    found = {}
    for name, attribute in resource.attributes.items():
        type_ = table.c[name].type
        if isinstance(plain := plain_type(type_), Lists):
            type_ = plain.entry  # a list is compared with one of its entries
        spelled = str(type_.compile(dialect=dialect)).partition(" COLLATE")[0]
        found[name] = QueryColumn(f'"{name}"', spelled, attribute.optional, to_driver(type_, dialect))
    return found
