"""The values of new records: what is given of them, and what the server sets."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import msgspec

from estuary.core.access.identity import Identity
from estuary.core.field import Field
from estuary.core.kinds.server_values import Maker
from estuary.core.rules import Rules


class NewValues:
    """Makes values of `fields`, with `make` of all of them in their order.

    `makers` are those of the fields that the server sets, by name.
    """

    def __init__(
        self, fields: Sequence[Field], makers: Mapping[str, Maker], make: Callable[..., msgspec.Struct]
    ) -> None:
        self._given = Rules([field for field in fields if field.name not in makers])
        self._all = Rules(fields)
        self._set = [(place, makers[each.name]) for place, each in enumerate(fields) if each.name in makers]
        self._makers = list(makers.items())
        self._set_texts = [
            (place, each)
            for place, each in enumerate(fields)
            if each.name in makers and each.kind.wire is str
        ]
        self._make = make

    def created(self, draft: msgspec.Struct, now: datetime, identity: Identity | None) -> msgspec.Struct:
        """What `draft` stands for where `identity` creates it at `now`; raises `ValidationFailed`."""
        values = self._given.cleaned(draft)
        for place, maker in self._set:
            values.insert(place, maker(now, identity))
        return self._make(*values)

    def imported(self, source: msgspec.Struct, created_at: datetime) -> msgspec.Struct:
        """The value of all fields of `source`; raises `ValidationFailed`.

        What the server sets is unset there where the file leaves it out, and is then as if no known asker
        had created the record at `created_at`. A text that it set stays as it is: a subject may begin or
        end with white space.
        """
        for name, maker in self._makers:
            if getattr(source, name) is msgspec.UNSET:
                setattr(source, name, maker(created_at, None))
        values = self._all.cleaned(source)
        for place, field in self._set_texts:
            text = getattr(source, field.name)
            if text and len(text) <= (field.kind.longest or len(text)):
                values[place] = text
        return self._make(*values)
