"""Items under another name, with three hooks as declarations have them: each does what it is there for."""

from msgspec.structs import replace

from estuary import Hooks, Identity, Reject, Resource
from estuary.core.items import Item


def before_create(new: Item, identity: Identity | None) -> Item:
    """Say in the description who asked for it."""
    return replace(new, description=f"{new.description} By {identity and identity.subject}.")


def before_update(old: Item, new: Item, _: Identity | None) -> Item:
    """Keep the description as it was."""
    return replace(new, description=old.description)


def validate(new: Item, _: Identity | None) -> None:
    """Refuse what depends on two fields."""
    if new.name == new.description:
        raise Reject("description", "Must say more than the name")


HOOKED = Resource(
    "hooked",
    Item,
    hooks=Hooks(before_create=before_create, before_update=before_update, validate=validate),
)
