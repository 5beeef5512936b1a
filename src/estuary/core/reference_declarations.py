"""Declared references: which contradict themselves, or refer to what is not declared."""

from collections.abc import Iterator, Sequence

from estuary.core.field import Field
from estuary.core.fields import DeclarationError
from estuary.core.foreign_keys import ForeignKey, ForeignKeys, OnDelete


def foreign_keys_of(resource: str, fields: Sequence[Field]) -> tuple[ForeignKey, ...]:
    """The foreign keys of the resource named so; raises `DeclarationError`."""
    return tuple(_foreign_keys(resource, fields))


def _foreign_keys(resource: str, fields: Sequence[Field]) -> Iterator[ForeignKey]:
    for field in fields:
        referral = field.kind.refers
        if referral is None:
            continue
        target, on_delete = referral
        if field.hidden:
            raise DeclarationError(
                f"field {field.name!r} is Hidden, and a Ref would tell of it: choose one of them"
            )
        if on_delete is OnDelete.SET_NULL and not field.optional:
            raise DeclarationError(
                f"field {field.name!r} has on_delete='set_null', and is never null: declare its type with "
                "`| None`"
            )
        yield ForeignKey(resource, field.name, target, on_delete, field.optional)


def check_references(keys: ForeignKeys, resources: Sequence[str]) -> None:
    """Raise `DeclarationError` where one refers to none of `resources`, or deletes could go in circles."""
    for key in keys.all:
        if key.target not in resources:
            raise DeclarationError(
                f"{key.resource}: field {key.field!r} refers to {key.target!r}, which RESOURCES does not "
                "name"
            )
    for name in resources:
        circle = _circle(keys, name, (name,))
        if circle:
            raise DeclarationError(
                f"deletes cascade in a circle: {' -> '.join(circle)}; give one of these references "
                "on_delete='restrict' or 'set_null'"
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
