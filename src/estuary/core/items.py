"""The resource that Estuary ships, declared exactly as a user declares one."""

from typing import Annotated

from msgspec import Meta, Struct

from estuary.core.resource import Resource


class Item(Struct, frozen=True):
    """A named thing with an optional description."""

    name: Annotated[str, Meta(min_length=1, max_length=255, description="What it is called.")]
    description: Annotated[str, Meta(max_length=1000, description="More about it.")] | None = None


ITEMS = Resource("items", Item)
