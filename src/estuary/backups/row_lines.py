"""Lines with rows, which `--all` writes: the columns as in the store, whatever is declared.

For tables that no resource declares, and for those with columns that their declaration leaves out. Such a
line has `columns` in place of `value` (see `record_lines`). Only the resource's declaration says what they
mean: it is needed to convert a row to a record.
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


class LineStart(msgspec.Struct, frozen=True, gc=False):
    """The members that begin a line of either kind, in their order."""

    resource: str
    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    owner: str


class _Written(LineStart, frozen=True, gc=False):
    """A line with a row, as it is written."""

    columns: Mapping[str, Any]


class ReadRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A decoded line: unknown members, and a version out of range, are refused."""

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
    """Decode a line; raises the errors of `msgspec`."""
    return _decoder.decode(line)


def fields_of(row: ReadRow, resource: Resource) -> dict[str, Any]:
    """The fields of `resource` in the columns of `row`, and other columns that are not empty."""
    columns = resource.former_names.renamed(row.columns)
    kinds = {field.name: field.kind for field in resource.fields}
    return {
        name: kinds[name].recovered(value) if name in kinds else value
        for name, value in columns.items()
        # An undeclared column that is empty loses nothing if it is left out.
        if name in kinds or value is not None
    }
