"""A whole record as JSON, for stores that keep records outside a resource's own table."""

from datetime import datetime
from typing import Any

import msgspec

from estuary.core.errors import StoreQueryFailed
from estuary.core.record import Record
from estuary.core.resource import Resource


class RecordJson:
    """Encodes and decodes the records of `resource`, each field under its name.

    A text outlives a change of the declaration: fields that are no longer declared are ignored, those that
    are new have their defaults, and those that are renamed have what they had.
    """

    def __init__(self, resource: Resource) -> None:
        self._encode = msgspec.json.Encoder().encode
        fields: list[Any] = [
            ("id", str),
            ("version", int),
            ("created_at", datetime),
            ("updated_at", datetime),
            ("value", resource.kept_type),
            ("owner", str, ""),
        ]
        self._kept_type = msgspec.defstruct(f"{resource.value_type.__name__}Record", fields)
        self._decode = msgspec.json.Decoder(self._kept_type).decode
        self._former_names = resource.former_names
        self._value = resource.restore
        self._revive = [
            (field.name, revive) for field in resource.fields if (revive := field.kind.revived) is not None
        ]

    def encode(self, record: Record) -> str:
        """`record`, with its version, times and owner, as JSON that `decode` restores."""
        kept = self._kept_type(
            record.id, record.version, record.created_at, record.updated_at, record.value, record.owner
        )
        return self._encode(kept).decode()

    def decode(self, text: str) -> Record:
        """The record in `text`; raises `StoreQueryFailed` where it does not fit the declaration."""
        try:
            kept: Any = self._decode(self._former_names.rewritten(text) if self._former_names else text)
        except msgspec.MsgspecError as error:
            raise StoreQueryFailed("a snapshot does not fit the declared resource") from error
        values = msgspec.structs.asdict(kept.value)
        for name, revive in self._revive:
            if values[name] is not None:
                values[name] = revive(values[name])
        value = self._value(values)
        return Record(kept.id, kept.version, kept.created_at, kept.updated_at, value, kept.owner)
