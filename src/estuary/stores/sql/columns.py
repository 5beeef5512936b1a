"""The columns that list queries can name."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Table
from sqlalchemy.engine.interfaces import Dialect

from estuary.core.kinds.kind import Conversion
from estuary.core.resource import Resource
from estuary.stores.sql.types import Lists, plain_type, to_driver


class QueryColumn(NamedTuple):
    """A column as a statement names it, `type` being that of what it is compared with.

    `qualified` is its name with the table's: where another table is joined, that may have the same.
    `convert` makes what the driver takes of a value; None where it is the same.
    """

    sql: str
    qualified: str
    type: str
    optional: bool
    convert: Conversion | None


def columns_of(resource: Resource, table: Table, dialect: Dialect) -> Mapping[str, QueryColumn]:
    """The columns of every attribute of `resource`, by name."""
    found = {}
    for name, attribute in resource.attributes.items():
        type_ = table.c[name].type
        if isinstance(plain := plain_type(type_), Lists):
            type_ = plain.entry  # a list is compared with one of its entries
        # Without collation or digits: those say what the column keeps, not what it is compared with.
        spelled = re.split(r" COLLATE|\(", str(type_.compile(dialect=dialect)))[0]
        found[name] = QueryColumn(
            f'"{name}"', f'"{table.name}"."{name}"', spelled, attribute.optional, to_driver(type_, dialect)
        )
    return found
