"""Indexes as Convex keeps them: every field of one ascends, and it is read from either end.

A resource's table has four of its own, and each declared index twice, once with the owner in front. All of
them begin with the generation (see `convex/load.ts`), which is left out here.
"""

from collections.abc import Iterator
from hashlib import blake2b
from typing import Final, NamedTuple

from estuary.core.indexes import IDENTITY, POSITION, IndexDefinition, ascending
from estuary.core.kinds.metadata import METADATA
from estuary.core.resource import DeclarationError, Resource

OWNER: Final = "owner"
_MAX_DECLARED: Final = 14
"""Convex keeps 32 indexes of a table."""
_MAX_NAME: Final = 64
"""Characters that Convex allows in the name of an index."""
_TABLES_OWN: Final = {
    POSITION: ("by_position", "by_owner"),
    IDENTITY: ("by_record", "by_owner_record"),
}
"""Names in `convex/tables.ts`: of all records, and by owner."""


class ConvexIndex(NamedTuple):
    """The name of an index, and where a document has its fields."""

    name: str
    paths: tuple[str, ...]


def kept(resource: Resource) -> tuple[IndexDefinition, ...]:
    """The indexes of a resource; raises `DeclarationError` for more than Convex keeps."""
    indexes = ascending(resource.indexes)
    declared = len(indexes) - len(_TABLES_OWN)
    if declared > _MAX_DECLARED:
        raise DeclarationError(
            f"resource {resource.name!r}: Convex keeps at most {_MAX_DECLARED} indexes of it, and "
            f"{declared} are declared (a field that is marked with Index has two)"
        )
    return indexes


def declared_indexes(resource: Resource) -> Iterator[ConvexIndex]:
    """What the schema has to define for a resource; raises `DeclarationError`."""
    for index in kept(resource):
        if index not in _TABLES_OWN:
            paths = tuple(path_of(key.field) for key in index.keys)
            yield ConvexIndex(name_of(index, owned=False), paths)
            yield ConvexIndex(name_of(index, owned=True), (OWNER, *paths))


def name_of(index: IndexDefinition, *, owned: bool) -> str:
    """The name of an index, or with `owned` of the same by owner.

    No field's name holds two underscores in a row, so no two indexes meet.
    """
    if index in _TABLES_OWN:
        return _TABLES_OWN[index][owned]
    fields = [*([OWNER] if owned else []), *(key.field for key in index.keys)]
    name = f"by_{'__'.join(fields)}"
    if len(name) <= _MAX_NAME:
        return name
    return f"by_{blake2b(name.encode(), digest_size=16).hexdigest()}"


def path_of(field: str) -> str:
    """Where a document has the attribute of this name."""
    return field if field in METADATA else f"value.{field}"
