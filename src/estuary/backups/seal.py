"""The form of a backup: a header, a record a line, and a seal that shows every later change.

    {"estuary_backup":1,"estuary_version":"…","made_at":"…","store":"…","resources":["items"],"store_id":"…"}
    {"resource":"items","id":"…","version":1,"created_at":"…","updated_at":"…","owner":"","value":{…}}
    {"records":1,"counts":{"items":1},"sha256":"…"}

Header and seal together are the manifest. The digest covers every byte before its own first digit, and what
follows is fixed: no byte can be changed, added or left out unnoticed.
"""

from collections.abc import Sequence
from hashlib import sha256

import msgspec

from estuary.backups.errors import BackupDamaged, BackupTooNew, NotABackup
from estuary.core.moments import AwareDatetime
from estuary.core.nesting import nests_too_deep

FORMAT = 1
"""Of a backup that holds declared records alone."""
FORMAT_WITH_ROWS = 2
"""Of one that holds rows of undeclared tables as well, or undeclared columns: the newest that is known."""

_DIGITS = 64
_CLOSING = b'"}\n'
SEAL_LENGTH = _DIGITS + len(_CLOSING)
"""How many bytes at the end the digest does not cover."""
LONGEST_HEADER = 64 * 1024
LONGEST_LINE = 256 * 1024 * 1024
"""In bytes; a file without line breaks is not read into memory for ever."""


NO_HEADER = "this is not a backup that Estuary made; bare records are for `estuary import`"
_NO_SEAL = "the backup is cut short or changed: it does not end with its seal"


class Header(msgspec.Struct, frozen=True):
    """What is said first. `store` is the kind of store the records come from, `store_id` which one it is.

    Backups that older releases made do not know that, nor do those of stores that they made and that were
    not migrated since.
    """

    estuary_backup: int
    estuary_version: str
    made_at: AwareDatetime
    store: str
    resources: list[str]
    store_id: str = ""


class Closing(msgspec.Struct, frozen=True):
    """The last line of a backup: how many records it holds, and the checksum of all lines before it."""

    records: int
    counts: dict[str, int]
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What a backup says of itself."""

    header: Header
    closing: Closing


class _Format(msgspec.Struct):
    """All that the header of any format is known to have."""

    estuary_backup: int


class Sealer:
    """Makes the bytes around a backup's lines; `update` is told of every line."""

    def __init__(self, header: Header) -> None:
        self.opening = msgspec.json.encode(header) + b"\n"
        self._counts = dict.fromkeys(header.resources, 0)
        self._digest = sha256(self.opening)

    def update(self, resource: str, count: int, lines: bytes) -> None:
        """Take note of `count` records of `resource`."""
        self._counts[resource] += count
        self._digest.update(lines)

    def close(self) -> tuple[Closing, bytes]:
        """The seal, as data and as the last line."""
        total = sum(self._counts.values())
        line = msgspec.json.encode(Closing(total, self._counts, ""))
        covered = line.removesuffix(_CLOSING[:-1])
        self._digest.update(covered)
        digits = self._digest.hexdigest()
        return Closing(total, self._counts, digits), covered + digits.encode() + _CLOSING


def read_header(line: bytes) -> Header:
    """The header on the first line; raises `NotABackup`, `BackupTooNew`."""
    if nests_too_deep(line):
        raise NotABackup(NO_HEADER)
    try:
        told = msgspec.json.decode(line, type=_Format).estuary_backup
        if told <= FORMAT_WITH_ROWS:
            return msgspec.json.decode(line, type=Header)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise NotABackup(NO_HEADER) from None
    raise BackupTooNew(
        f"the backup has format {told}, made by a newer Estuary than this, "
        f"which knows {FORMAT_WITH_ROWS}: upgrade"
    )


def read_closing(line: bytes, digest: str) -> Closing:
    """The seal on the last line, if `digest` is that of all it covers; raises `BackupDamaged`."""
    if nests_too_deep(line):
        raise BackupDamaged(_NO_SEAL)
    try:
        closing = msgspec.json.decode(line, type=Closing)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BackupDamaged(_NO_SEAL) from None
    if not line.endswith(digest.encode() + _CLOSING):
        raise BackupDamaged("the backup was changed: its SHA-256 is another one than its seal says")
    return closing


def foreign_resources(manifest: Manifest, declared: Sequence[str]) -> list[str]:
    """The resources in the backup that are not `declared`."""
    return [name for name in manifest.header.resources if name not in declared]
