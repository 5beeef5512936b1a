"""Indexes as Convex keeps them: every field of one ascends, and it is read from either end.

A resource's table has four of its own, and each declared index twice, once with the owner in front. All of
them begin with the generation (see `convex/load.ts`), which is left out here.
"""

from collections.abc import Iterator
from hashlib import blake2b
from typing import Final, NamedTuple

from estuary.core.kinds.metadata import METADATA
from estuary.core.queries.conditions import SortKey
from estuary.core.queries.indexes import IDENTITY, POSITION, IndexDefinition, ascending
from estuary.core.queries.uniques import UniqueKey
from estuary.core.references.foreign_keys import ForeignKey
from estuary.core.resource import DeclarationError, Resource

OWNER: Final = "owner"
_MAX_DECLARED: Final = 28
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
    declared, unique = len(indexes) - len(_TABLES_OWN), len(resource.unique_keys)
    if 2 * declared + unique > _MAX_DECLARED:
        raise DeclarationError(
            f"resource {resource.name!r}: Convex keeps {_MAX_DECLARED} indexes of it, and needs "
            f"{2 * declared} for {declared} that are declared (a field that is marked with Index has two) "
            f"and {unique} for what is Unique"
        )
    return indexes


def declared_indexes(resource: Resource) -> Iterator[ConvexIndex]:
    """What the schema has to define for a resource; raises `DeclarationError`."""
    for index in kept(resource):
        if index not in _TABLES_OWN:
            paths = tuple(path_of(key.field) for key in index.keys)
            yield ConvexIndex(name_of(index, owned=False), paths)
            yield ConvexIndex(name_of(index, owned=True), (OWNER, *paths))
    for key in resource.unique_keys:
        yield unique_index(key)


def unique_index(key: UniqueKey) -> ConvexIndex:
    """The index of `key`: the owner comes last, for those who see all owners' records."""
    compared = [folded_copy(name) if name in key.folds else name for name in key.fields]
    owner = [] if key.of_all else [OWNER]
    name = _short(f"unique_{'__'.join([*compared, *owner])}")
    return ConvexIndex(name, (*map(path_of, compared), *owner))


def reference_index(key: ForeignKey) -> str:
    """The name of the index by which the records are found that refer to one."""
    return name_of(IndexDefinition((SortKey(key.field), SortKey("id"))), owned=False)


def folded_fields(resource: Resource) -> frozenset[str]:
    """The fields of which documents keep a copy with the case of ASCII letters folded."""
    return frozenset(name for key in resource.unique_keys for name in key.folds)


def folded_copy(field: str) -> str:
    """The name of that copy, which no field can have."""
    return f"{field}__folded"


def name_of(index: IndexDefinition, *, owned: bool) -> str:
    """The name of an index, or with `owned` of the same by owner.

    No field's name holds two underscores in a row, so no two indexes meet.
    """
    if index in _TABLES_OWN:
        return _TABLES_OWN[index][owned]
    fields = [*([OWNER] if owned else []), *(key.field for key in index.keys)]
    return _short(f"by_{'__'.join(fields)}")


def _short(name: str) -> str:
    """`name`, or as long a digest of it as Convex allows."""
    if len(name) <= _MAX_NAME:
        return name
    return f"by_{blake2b(name.encode(), digest_size=16).hexdigest()}"


def path_of(field: str) -> str:
    """Where a document has the attribute of this name."""
    return field if field in METADATA else f"value.{field}"
