"""A declared type, as kinds are asked whether it is theirs."""

from typing import Any, NamedTuple

from msgspec import inspect as types


class Declared(NamedTuple):
    """A type as msgspec describes it, beneath `| None` and descriptions, and as it was written."""

    type: types.Type
    optional: bool
    description: str | None
    annotation: Any


def read(described: types.Type, annotation: Any) -> Declared:
    """What `annotation` declares, which msgspec has `described`."""
    description = None
    while True:
        if isinstance(described, types.Metadata):
            description = (described.extra_json_schema or {}).get("description")
            described = described.type
        elif isinstance(described, types.UnionType) and len(described.types) == 2:
            others = [each for each in described.types if not isinstance(each, types.NoneType)]
            if len(others) != 1:
                return Declared(described, False, description, annotation)
            inner = read(others[0], annotation)
            return inner._replace(optional=True, description=description or inner.description)
        else:
            return Declared(described, False, description, annotation)
