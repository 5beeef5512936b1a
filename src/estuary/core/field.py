"""A field of a resource, as it is declared."""

import msgspec

from estuary.core.kinds.kind import Kind
from estuary.core.kinds.server_values import ServerValue
from estuary.core.markers import Unique


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One declared field: its kind, which knows its rules, and whether it may be null or left out.

    `optional` fields may be null; `required` ones have no default. `hidden` ones are written and never
    shown; `indexed` ones have indexes of their own, and `unique` ones a unique key. `former_names` are what
    it was called before, the latest first. With a `server_value` no client writes them.
    """

    name: str
    kind: Kind
    optional: bool = False
    required: bool = True
    description: str | None = None
    hidden: bool = False
    indexed: bool = False
    unique: Unique | None = None
    former_names: tuple[str, ...] = ()
    server_value: ServerValue | None = None

    @property
    def is_marked(self) -> bool:
        """Whether it has a marker that only a record's own fields may have."""
        marked = self.hidden or self.indexed or self.unique is not None
        return marked or bool(self.former_names) or self.server_value is not None

    @property
    def label(self) -> str:
        """The field's name as a message begins: `in_stock` is "In stock"."""
        return self.name.replace("_", " ").capitalize()
