"""The other kind of line, which `--all` writes: a row as the store keeps it, whatever is declared.

For tables that no resource declares, and for those with columns that their declaration leaves out. Such a
line has `columns` in the place of `value` (see `lines`). What they mean is known once the resource is
declared: then, and not before, the row is made a record.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec

from estuary.core.kinds.constraints import MAX_SAFE_INTEGER
from estuary.core.moments import AwareDatetime
from estuary.core.resource import Resource
from estuary.core.sources import Row

Version = Annotated[int, msgspec.Meta(ge=1, le=MAX_SAFE_INTEGER)]


class _Written(msgspec.Struct, frozen=True, gc=False):
    """One line, in the order of its members."""

    resource: str
    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    owner: str
    columns: Mapping[str, Any]


class ReadRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line as it is decoded: other members, and a version out of range, are refused."""

    resource: str
    id: str
    version: Version
    created_at: AwareDatetime
    updated_at: AwareDatetime
    owner: str
    columns: dict[str, Any]


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(ReadRow)


def encode_rows(table: str, rows: Sequence[Row]) -> bytes:
    """A line for each of `rows`, each with its line break."""
    return _encoder.encode_lines(
        [
            _Written(table, row.id, row.version, row.created_at, row.updated_at, row.owner, row.columns)
            for row in rows
        ]
    )


def decode_row(line: bytes) -> ReadRow:
    """The row on a line; raises the errors of `msgspec`."""
    return _decoder.decode(line)


def fields_of(row: ReadRow, resource: Resource) -> dict[str, Any]:
    """The fields of `resource` that the columns of `row` hold, and what else they hold."""
    kinds = {field.name: field.kind for field in resource.fields}
    return {
        name: kinds[name].recovered(value) if name in kinds else value
        for name, value in row.columns.items()
        # Nothing is lost of a column that is not declared and was empty.
        if name in kinds or value is not None
    }
