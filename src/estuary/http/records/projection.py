"""Projections: the fields of a record that a client asks for with `fields`."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from estuary.core.resource import Resource
from estuary.http.records.query_string import unknown_field

FIELDS: Final = "fields"
_ALWAYS: Final = "id"


class Projection:
    """Leaves of a record's JSON the members `names`, each as it is written in the whole."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = tuple(names)
        self._take_apart = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
        self._encode = msgspec.json.Encoder().encode

    def of(self, record: bytes) -> bytes:
        """What is left of `record`, in the order of the whole."""
        members: Any = self._take_apart(record)
        left: bytes = self._encode({name: members[name] for name in self._names})
        return left


class Projections:
    """Reads which of the shown fields of `resource` a client asks for; hidden ones are not among them."""

    def __init__(self, resource: Resource) -> None:
        self.names: Final = (
            _ALWAYS,
            *(field.name for field in resource.fields if not field.hidden),
            "created_at",
            "updated_at",
        )

    def of_names(self, names: Sequence[str]) -> Projection:
        """The projection to `names` and the id; raises `InvalidParameter` for one that is not shown."""
        asked = {_ALWAYS}
        for name in names:
            if name not in self.names:
                raise unknown_field(FIELDS, name, self.names)
            asked.add(name)
        return Projection([name for name in self.names if name in asked])

    def of_text(self, text: str) -> Projection:
        """The projection that a parameter asks for: names with commas between."""
        return self.of_names(text.split(","))
