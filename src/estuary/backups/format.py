"""The format of a backup: a header, a line for each record, and a footer with a checksum.

    {"estuary_backup":1,"estuary_version":"…","made_at":"…","store":"…","resources":["items"],"store_id":"…"}
    {"resource":"items","id":"…","version":1,"created_at":"…","updated_at":"…","owner":"","value":{…}}
    {"records":1,"counts":{"items":1},"sha256":"…"}

Header and footer together are the manifest. The checksum (an unkeyed SHA-256: it finds damage, not forgery)
covers every byte before its own first digit, and what follows is fixed: no byte can be changed, added or
left out unnoticed.
"""

from collections.abc import Sequence
from hashlib import sha256

import msgspec

from estuary.backups.errors import BackupDamaged, BackupTooNew, NotABackup
from estuary.core.moments import AwareDatetime
from estuary.core.nesting import nests_too_deep

FORMAT = 1
"""The format of a backup that holds declared records alone."""
FORMAT_WITH_ROWS = 2
"""The format of one that also holds rows of undeclared tables, or undeclared columns; the newest."""

_DIGITS = 64
_FOOTER_END = b'"}\n'
UNCOVERED_LENGTH = _DIGITS + len(_FOOTER_END)
"""How many bytes at the end the checksum does not cover."""
LONGEST_HEADER = 64 * 1024
LONGEST_LINE = 256 * 1024 * 1024
"""In bytes; it bounds what is read into memory of a file without line breaks."""


NO_HEADER = "this is not a backup that Estuary made; bare records are for `estuary import`"
_NO_CHECKSUM = "the backup is cut short or changed: it does not end with its checksum"


class Header(msgspec.Struct, frozen=True):
    """The first line. `store` is the kind of store the records come from; `store_id` identifies it.

    The latter is empty in backups by older releases, and in those of stores that older releases made and
    that were not migrated since.
    """

    estuary_backup: int
    estuary_version: str
    made_at: AwareDatetime
    store: str
    resources: list[str]
    store_id: str = ""


class Footer(msgspec.Struct, frozen=True):
    """The last line of a backup: how many records it holds, and the checksum of all lines before it."""

    records: int
    counts: dict[str, int]
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """The header and the footer of a backup."""

    header: Header
    footer: Footer


class _Format(msgspec.Struct):
    """The part of the header that every format has."""

    estuary_backup: int


class BackupWriter:
    """Makes the header and the footer of a backup; `update` must be called with all lines between them."""

    def __init__(self, header: Header) -> None:
        self.first_line = msgspec.json.encode(header) + b"\n"
        self._counts = dict.fromkeys(header.resources, 0)
        self._digest = sha256(self.first_line)

    def update(self, resource: str, count: int, lines: bytes) -> None:
        """Add `lines` to the checksum, and `count` to the records of `resource`."""
        self._counts[resource] += count
        self._digest.update(lines)

    def close(self) -> tuple[Footer, bytes]:
        """The footer, as data and as the last line."""
        total = sum(self._counts.values())
        line = msgspec.json.encode(Footer(total, self._counts, ""))
        covered = line.removesuffix(_FOOTER_END[:-1])
        self._digest.update(covered)
        digits = self._digest.hexdigest()
        return Footer(total, self._counts, digits), covered + digits.encode() + _FOOTER_END


def read_header(line: bytes) -> Header:
    """The header on the first line; raises `NotABackup`, `BackupTooNew`."""
    if nests_too_deep(line):
        raise NotABackup(NO_HEADER)
    try:
        form = msgspec.json.decode(line, type=_Format).estuary_backup
        if form <= FORMAT_WITH_ROWS:
            return msgspec.json.decode(line, type=Header)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise NotABackup(NO_HEADER) from None
    raise BackupTooNew(
        f"the backup has format {form}, made by a newer Estuary than this, "
        f"which knows {FORMAT_WITH_ROWS}: upgrade"
    )


def read_footer(line: bytes, digest: str) -> Footer:
    """The footer on the last line, if `digest` is its checksum; raises `BackupDamaged`."""
    if nests_too_deep(line):
        raise BackupDamaged(_NO_CHECKSUM)
    try:
        footer = msgspec.json.decode(line, type=Footer)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BackupDamaged(_NO_CHECKSUM) from None
    if not line.endswith(digest.encode() + _FOOTER_END):
        raise BackupDamaged("the backup was changed: its SHA-256 is not the one at its end")
    return footer


def foreign_resources(manifest: Manifest, declared: Sequence[str]) -> list[str]:
    """The resources in the backup that are not `declared`."""
    return [name for name in manifest.header.resources if name not in declared]
