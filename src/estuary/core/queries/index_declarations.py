"""Indexes and unique keys as a declaration asks for them: checked, so that every engine can keep them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from estuary.core.declarations import DeclarationError, Faults
from estuary.core.field import Field
from estuary.core.kinds.metadata import METADATA
from estuary.core.markers import Unique
from estuary.core.queries.attributes import Attribute
from estuary.core.queries.conditions import SEARCHED
from estuary.core.queries.indexes import MAX_INDEX_FIELDS, IndexDefinition, backwards, index_of, indexes_of
from estuary.core.queries.uniques import UniqueKey

_MAX_INDEXED_CHARACTERS: Final = 600
"""The most characters of all texts in one index: at four bytes each they fit into a page of PostgreSQL."""


def declared_indexes(
    fields: Sequence[Field], attributes: Mapping[str, Attribute], declared: Sequence[Sequence[str]]
) -> tuple[IndexDefinition, ...]:
    """All indexes of a resource; raises `DeclarationError` for those that no engine could keep."""
    faults, marked = Faults(), [field.name for field in fields if field.indexed]
    for field in fields:
        if field.indexed:
            with faults:
                _check_indexed(field, attributes)
    found = list(indexes_of(marked, ()))
    for names in declared:
        with faults:
            check_names(names, attributes)
            index = index_of(names)
            check_index(_fields_in(index), attributes)
            if index in found or IndexDefinition(backwards(index.keys)) in found:
                raise DeclarationError(
                    f"index {tuple(names)!r} serves the same lists as another: remove it"
                )
            found.append(index)
    faults.demand_none()
    return indexes_of(marked, declared)


def _check_indexed(field: Field, attributes: Mapping[str, Attribute]) -> None:
    if field.hidden:
        raise DeclarationError(
            f"field {field.name!r} is Hidden, and lists cannot be asked by it: remove its Index"
        )
    if field.name not in attributes:
        raise without_order(field.name)
    check_index([field.name], attributes)


def _fields_in(index: IndexDefinition) -> list[str]:
    return [key.field for key in index.keys if key.field != "id"]


def check_names(names: Sequence[str], attributes: Mapping[str, Attribute]) -> None:
    """Raise `DeclarationError` unless `names` declare one index."""
    if isinstance(names, str) or not 1 <= len(names) <= MAX_INDEX_FIELDS:
        raise DeclarationError(
            f"index {names!r}: give a tuple of 1 to {MAX_INDEX_FIELDS} field names, such as "
            '("binding", "-published_at")'
        )
    fields = [name.removeprefix("-") for name in names]
    if len(set(fields)) < len(fields):
        raise DeclarationError(f"index {tuple(names)!r} names a field twice")
    unknown = next((name for name in fields if name not in attributes), None)
    if unknown is not None:
        raise DeclarationError(
            f"index {tuple(names)!r} names {unknown!r}: name fields that are not Hidden, or "
            f"{', '.join(METADATA)}"
        )


def check_index(names: Sequence[str], attributes: Mapping[str, Attribute]) -> None:
    """Raise `DeclarationError` where an index of the attributes `names` has no order, or is too long."""
    characters = 0
    for name in names:
        kind = attributes[name].kind
        if not kind.sortable:
            raise without_order(name)
        if kind.longest is None:
            raise DeclarationError(f"field {name!r} has an index: declare its max_length")
        characters += kind.longest
    if characters > _MAX_INDEXED_CHARACTERS:
        raise DeclarationError(
            f"the texts in the index of {', '.join(names)} have up to {characters} characters: "
            f"at most {_MAX_INDEXED_CHARACTERS} fit into an index"
        )


def without_order(name: str) -> DeclarationError:
    """The error of an index, or a unique key, of values that have no order."""
    return DeclarationError(f"field {name!r} has no order: no index is made of it")


def unique_keys_of(
    fields: Sequence[Field],
    attributes: Mapping[str, Attribute],
    declared: Sequence[Sequence[str] | Unique],
    info_of: Callable[[Field], msgspec.structs.FieldInfo],
) -> tuple[UniqueKey, ...]:
    """The unique keys of the `fields` that are marked, and those `declared` as a whole.

    Raises `DeclarationError` for one that contradicts itself or its fields, or that no engine could keep.
    """
    faults, found = Faults(), list[UniqueKey]()
    for field in fields:
        if field.unique is not None:
            with faults:
                _check_marked(field, info_of(field))
                found.append(_checked(_key((field.name,), field.unique, fields), found, fields, attributes))
    for each in declared:
        with faults:
            key = _declared_key(each, fields)
            for field in fields:
                if key.fields == (field.name,):
                    _check_default(field, info_of(field))
            found.append(_checked(key, found, fields, attributes))
    faults.demand_none()
    return tuple(found)


def _checked(
    key: UniqueKey,
    others: Sequence[UniqueKey],
    fields: Sequence[Field],
    attributes: Mapping[str, Attribute],
) -> UniqueKey:
    shapeless = next((name for name in key.fields if name not in attributes), None)
    if shapeless is not None:
        raise without_order(shapeless)
    check_index(key.fields, attributes)
    _check_apart(key, fields)
    if set(key.fields) in [set(other.fields) for other in others]:
        raise DeclarationError(f"{', '.join(key.fields)}: declared Unique twice")
    return key


def _check_marked(field: Field, info: msgspec.structs.FieldInfo) -> None:
    if field.unique is not None and field.unique.fields:
        raise DeclarationError(
            f"field {field.name!r}: Unique names no fields here; declare a key of several as "
            f"Resource(…, unique=[{field.unique.fields!r}])"
        )
    if field.hidden:
        raise DeclarationError(
            f"field {field.name!r} is Hidden, and Unique would tell of it: choose one of them"
        )
    _check_default(field, info)


def _check_default(field: Field, info: msgspec.structs.FieldInfo) -> None:
    """Raise `DeclarationError` for a default of the only field of a key."""
    if info.default is not msgspec.NODEFAULT and info.default is not None:
        raise DeclarationError(
            f"field {field.name!r} is Unique, and only one record could have its default "
            f"{info.default!r}: let it be null, or have no default"
        )


def _check_apart(key: UniqueKey, fields: Sequence[Field]) -> None:
    """Raise `DeclarationError` where the server gives several records the only value of `key`."""
    for field in fields:
        value = field.server_value
        if key.fields == (field.name,) and value is not None and not value.tells_records_apart:
            name = type(value).__name__
            raise DeclarationError(
                f"field {field.name!r} is Unique, and records that are created together have the same "
                f"{name}: remove Unique, or declare a key of several fields"
            )


def _declared_key(declared: Sequence[str] | Unique, fields: Sequence[Field]) -> UniqueKey:
    key = declared if isinstance(declared, Unique) else None
    names = declared.fields if isinstance(declared, Unique) else declared
    if isinstance(names, str) or not 1 <= len(names) <= MAX_INDEX_FIELDS:
        raise DeclarationError(
            f"unique {names!r}: give a tuple of 1 to {MAX_INDEX_FIELDS} field names, such as "
            '("author", "title")'
        )
    if len(set(names)) < len(names):
        raise DeclarationError(f"unique {tuple(names)!r} names a field twice")
    known = {field.name: field for field in fields}
    for name in names:
        if name not in known:
            raise DeclarationError(f"unique {tuple(names)!r} names {name!r}, which is no declared field")
        if known[name].hidden:
            raise DeclarationError(
                f"field {name!r} is Hidden, and unique {tuple(names)!r} would tell of it"
            )
    return _key(tuple(names), key or Unique(), fields)


def _key(names: tuple[str, ...], unique: Unique, fields: Sequence[Field]) -> UniqueKey:
    texts = {field.name for field in fields if field.kind.operators >= SEARCHED}
    folds = texts.intersection(names) if unique.fold_case else frozenset()
    if unique.fold_case and not folds:
        raise DeclarationError(f"{', '.join(names)}: only texts have a case to fold")
    return UniqueKey(names, unique.of_all, frozenset(folds))
