"""Declared defaults as defaults of columns, so that older releases, with fewer fields, can insert."""

from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import Column, ColumnElement
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from estuary.core.field import Field
from estuary.core.resource import Resource
from estuary.stores.sql.ddl_text import quoted
from estuary.stores.sql.types import column_type, to_driver


class Default(ColumnElement[Any]):
    """`value`, never null, of a column of `type_`, written out for whichever engine."""

    inherit_cache = False

    def __init__(self, value: object, type_: TypeEngine[Any]) -> None:
        self.value = value
        self.type = type_


def default_of(resource: Resource, field: Field) -> Default | None:
    """The column's default for `field`; None where it has none, or where that is null."""
    declared = next(each for each in msgspec.structs.fields(resource.value_type) if each.name == field.name)
    if field.required:
        return None
    factory = declared.default_factory
    value = declared.default if factory is msgspec.NODEFAULT else factory()
    return None if value is None else Default(value, column_type(field.kind.column))


def default_in_sql(column: Column[Any], dialect: Dialect) -> str | None:
    """The default of `column` as its definition has it; None where it has none."""
    default: Any = column.server_default
    if default is None:
        return None
    return (
        quoted(default.arg) if isinstance(default.arg, str) else str(default.arg.compile(dialect=dialect))
    )


@compiles(Default)
def _compile(element: Default, compiler: SQLCompiler, **_: object) -> str:
    convert = to_driver(element.type, compiler.dialect)
    value = element.value if convert is None else convert(element.value)
    match value:
        case bool():
            return str(value).lower() if compiler.dialect.supports_native_boolean else str(int(value))
        case list():
            return quoted(f"{{{','.join(_entry(str(each)) for each in value)}}}")
        case int() | float():
            # SQLAlchemy puts what has a sign or a point in brackets, and SQLite adds no column whose
            # default is an expression; a number in quotes is made a number by the column's type.
            return repr(value) if repr(value).isdigit() else quoted(repr(value))
        case Decimal():
            return quoted(f"{value:f}")
        case _:
            return quoted(str(value))


def _entry(text: str) -> str:
    """A text within PostgreSQL's notation of an array."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
