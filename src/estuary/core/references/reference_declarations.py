"""Declared references: which contradict themselves, or refer to what is not declared."""

from collections.abc import Sequence

from estuary.core.declarations import DeclarationError, Faults
from estuary.core.field import Field
from estuary.core.references.foreign_keys import ForeignKey, ForeignKeys, OnDelete


def foreign_keys_of(resource: str, fields: Sequence[Field]) -> tuple[ForeignKey, ...]:
    """The foreign keys of the resource named so; raises `DeclarationError` for all faults."""
    keys, faults = [], Faults()
    for field in fields:
        if field.kind.refers is not None:
            with faults:
                keys.append(_foreign_key(resource, field, *field.kind.refers))
    faults.demand_none()
    return tuple(keys)


def _foreign_key(resource: str, field: Field, target: str, on_delete: OnDelete) -> ForeignKey:
    if field.hidden:
        raise DeclarationError(
            f"field {field.name!r} is Hidden, and a Ref would tell of it: choose one of them"
        )
    if on_delete is OnDelete.SET_NULL and not field.optional:
        raise DeclarationError(
            f"field {field.name!r} has on_delete='set_null', and is never null: declare its type with "
            "`| None`"
        )
    return ForeignKey(resource, field.name, target, on_delete, field.optional)


def check_references(keys: ForeignKeys, resources: Sequence[str]) -> None:
    """Raise `DeclarationError` where some refer to none of `resources`, or deletes could go in circles."""
    strange = [_unknown_target(key, resources) for key in keys.all if key.target not in resources]
    if strange:
        raise DeclarationError(*strange)
    for name in resources:
        circle = _circle(keys, name, (name,))
        if circle:
            raise DeclarationError(
                f"deletes cascade in a circle: {' -> '.join(circle)}; give one of these references "
                "on_delete='restrict' or 'set_null'"
            )


def _unknown_target(key: ForeignKey, resources: Sequence[str]) -> str:
    """The message that it refers to none of `resources`, with the one that it resembles, if any."""
    from difflib import get_close_matches  # only where a declaration is wrong

    near = "".join(f"; is {name!r} meant?" for name in get_close_matches(key.target, resources, 1))
    return (
        f"{key.resource}: field {key.field!r} refers to {key.target!r}, which RESOURCES does not name{near}"
    )


def _circle(keys: ForeignKeys, start: str, way: tuple[str, ...]) -> tuple[str, ...]:
    """The resources through which a delete in `start` cascades until it is there again; none else.

    A resource that refers to itself is a tree, which ends.
    """
    for key in keys.to(way[-1]):
        if key.on_delete is not OnDelete.CASCADE or key.resource == key.target:
            continue
        if key.resource == start:
            return (*way, start)
        if key.resource not in way and (found := _circle(keys, start, (*way, key.resource))):
            return found
    return ()
