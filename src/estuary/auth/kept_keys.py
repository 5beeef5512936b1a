"""An issuer's last key set in a file, so that a restart during its outage refuses no client."""

import os
import stat
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import NamedTuple, Protocol

import msgspec

from estuary.auth.fetch import MAX_BYTES

_MAX_FILE_BYTES = 8 * MAX_BYTES
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


class Kept(NamedTuple):
    """A key set as it was fetched, and when (seconds since the epoch)."""

    document: bytes
    fetched_at: float


class Keep(Protocol):
    """Saves an issuer's last key set for the next process."""

    def read(self) -> Kept | None:
        """The key set that was saved last; None if none was saved, or it cannot be trusted."""
        ...

    def write(self, kept: Kept) -> None:
        """Save `kept`; raises `OSError`."""
        ...


class NoKeep:
    """Saves nothing: used where there is no folder to save it in."""

    def read(self) -> Kept | None:
        """None: nothing was saved."""
        return None

    def write(self, kept: Kept) -> None:
        """Discard `kept`: after a restart, keys are fetched before tokens can be verified."""


class _File(msgspec.Struct):
    source: str
    fetched_at: float
    document: bytes


class KeptKeys:
    """One file in `folder`, for the keys of `source` (a URL).

    It decides which tokens are accepted, so only its owner may read it, and it is not read if another user
    could have written it.
    """

    def __init__(self, folder: Path, source: str) -> None:
        self._source = source
        self.path = folder / f"keys-{sha256(source.encode()).hexdigest()[:16]}.json"

    def read(self) -> Kept | None:
        """The key set saved last, None unless it is of this source and only its owner could write it."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(descriptor, "rb") as file:
                if not _is_ours(os.fstat(file.fileno())):
                    return None
                found = msgspec.json.decode(file.read(_MAX_FILE_BYTES), type=_File)
        except (OSError, ValueError):
            return None
        return Kept(found.document, found.fetched_at) if found.source == self._source else None

    def write(self, kept: Kept) -> None:
        """Save `kept` atomically."""
        content = msgspec.json.encode(_File(self._source, kept.fetched_at, kept.document))
        # Created with mode 0600 from the beginning.
        with NamedTemporaryFile(dir=self.path.parent, prefix=f".{self.path.name}.", delete=False) as file:
            try:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).replace(self.path)
            except OSError:
                with suppress(OSError):
                    Path(file.name).unlink()
                raise


def _is_ours(status: os.stat_result) -> bool:
    return (
        stat.S_ISREG(status.st_mode)
        and status.st_uid in (os.geteuid(), 0)
        and not status.st_mode & _OTHERS_MAY_WRITE
    )
