"""Paths that name a record by its value of a unique field, and what bodies say of that value."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from estuary.core.errors import ValidationFailed, Violation
from estuary.core.kinds.kind import Broken
from estuary.core.queries.conditions import Operator
from estuary.core.queries.uniques import UniqueKey
from estuary.core.resource import Resource
from estuary.http.records.bodies import BodyDecoder


class ValuePaths:
    """The paths by values of the one field of `key`; `path` is the collection's own."""

    def __init__(self, resource: Resource, key: UniqueKey, path: str) -> None:
        (field,) = key.fields
        self.key: Final = key
        self.prefix: Final = f"{path}/by/{field}/"
        """The prefix of the paths; the last segment, which has no slash, is the value."""
        kinds = {each.name: each.kind for each in resource.fields}
        self.decode: Final = BodyDecoder(_draft_type(resource, field), kinds)
        """Decodes a body that may leave the value to the path; raises `BadRequest`."""
        self._field = field
        self._attribute = resource.attributes[field]
        self._is_written = any(each.name == field for each in resource.writable)

    def value(self, text: str) -> Any:
        """The value that `text` names, of a path and decoded; None where no record can have it."""
        try:
            return self._attribute.spelled(Operator.EQ, text).value
        except Broken:
            return None

    def complete(self, draft: Any, text: str, value_of: Callable[[msgspec.Struct], msgspec.Struct]) -> Any:
        """Have `draft`, which was decoded here, hold the value that `text` names; that value.

        `value_of` gives what would be kept of it. Raises `ValidationFailed` as that does, and for another
        value than the one that `text` names.
        """
        try:
            value = self._attribute.spelled(Operator.EQ, text).value
        except Broken as broken:
            raise self._refused(broken.message, broken.code) from None
        if self._is_written and getattr(draft, self._field) is msgspec.UNSET:
            setattr(draft, self._field, self._attribute.kind.spelled(text))
        kept = getattr(value_of(draft), self._field)
        if kept is None or self.key.values((kept,)) != self.key.values((value,)):
            own = "must be the one in the path"
            raise self._refused(own if self._is_written else f"is set by the server, and {own}", "path")
        return value

    def _refused(self, message: str, code: str) -> ValidationFailed:
        label = self._field.replace("_", " ").capitalize()
        return ValidationFailed([Violation(self._field, f"{label} {message}", code)])


def _draft_type(resource: Resource, field: str) -> type[msgspec.Struct]:
    """What a create decodes into, but that `field` may be absent: the path says it then."""
    draft = resource.draft_type
    wire = next((each.kind.wire for each in resource.writable if each.name == field), None)
    if wire is None:
        return draft  # the server sets it
    absent: Any = wire | None | msgspec.UnsetType
    return msgspec.defstruct(draft.__name__, [(field, absent, msgspec.UNSET)], bases=(draft,), kw_only=True)
