"""API keys: what is kept of one, which is never its secret."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from estuary.core.access.identity import KEY_SUBJECT_PREFIX, Identity
from estuary.core.errors import NotFound, RecordExists, VersionConflict

MOST_KEYS = 10_000
"""The most keys of a deployment, those included that have ended and are kept: every worker holds all."""

KEPT_AFTER_END = timedelta(days=30)
"""How long a revoked or expired key is still listed."""


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """One key, with the SHA-256 of its secret in hexadecimal digits.

    `owner` is whose records the key sees, None for all owners'; `created_by` is the subject that made it,
    empty where it was made at a terminal. While `previous_until` lasts, the secret before the last rotation
    is honoured, too. `version` grows with every change, over all keys; `used_at` is the last use, to the
    hour, and changes no version.
    """

    id: str
    name: str
    digest: str
    owner: str | None
    scopes: tuple[str, ...]
    roles: tuple[str, ...]
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    rotated_at: datetime | None = None
    previous_digest: str | None = None
    previous_until: datetime | None = None
    revoked_at: datetime | None = None
    used_at: datetime | None = None
    version: int = 0

    @property
    def subject(self) -> str:
        """The subject of requests that carry the key."""
        return KEY_SUBJECT_PREFIX + self.id

    @property
    def identity(self) -> Identity:
        """What guards and handlers know of who carries the key: no more than of a token's bearer."""
        return Identity(self.subject, self.owner, frozenset(self.scopes), frozenset(self.roles))

    def has_ended(self, now: datetime) -> bool:
        """Whether the key is revoked or expired."""
        return self.revoked_at is not None or (self.expires_at is not None and self.expires_at <= now)


class KeyChanges(NamedTuple):
    """The keys that changed since some version, and the highest version of all keys."""

    version: int
    keys: Sequence[ApiKey]


def demand_version(key: ApiKey, kept: int | None) -> None:
    """Raise what `ApiKeys.put` raises where `kept`, None for no key, is not the version of `key`."""
    if kept is None:
        if key.version:
            raise NotFound(key.id)
    elif not key.version:
        raise RecordExists(key.id)
    elif kept != key.version:
        raise VersionConflict(kept)
