"""The API keys that a worker knows: all of the deployment's, as they were a moment ago."""

import math
from datetime import UTC, datetime
from hmac import compare_digest
from typing import NamedTuple

from estuary.core.access.identity import Identity, Refusal
from estuary.core.api_keys.api_key_text import KeyParts, parse_key
from estuary.core.api_keys.api_keys import ApiKey, KeyChanges
from estuary.core.errors import Unauthenticated

_HOUR = 3600.0


class Holder(NamedTuple):
    """Whom a key stands for, and until when (seconds since the epoch) that need not be looked at again."""

    identity: Identity
    until: float


class KnownKeys:
    """Checks keys, and notes the hours in which they were used."""

    def __init__(self) -> None:
        self.version = 0
        self._keys: dict[str, ApiKey] = {}
        self._uses: dict[str, datetime] = {}

    def update(self, changes: KeyChanges, *, whole: bool) -> bool:
        """Take over what changed, or with `whole` all there is; whether anything did."""
        before = self._keys
        keys = {key.id: key for key in changes.keys}
        self._keys = keys if whole else before | keys
        self.version = changes.version
        return self._keys != before if whole else bool(keys)

    def check(self, text: str, now: float) -> Holder:
        """Whom the key `text` stands for at `now`; raises `Unauthenticated`.

        The digest is compared in constant time, also where there is no such key.
        """
        parts = parse_key(text)
        if parts is None:
            raise Unauthenticated(Refusal.MALFORMED)
        key = self._keys.get(parts.id)
        until = _secret_until(key, parts)
        if key is None or until <= now:
            raise Unauthenticated(Refusal.UNKNOWN_KEY)
        if key.revoked_at is not None:
            raise Unauthenticated(Refusal.REVOKED)
        expires = math.inf if key.expires_at is None else key.expires_at.timestamp()
        if expires <= now:
            raise Unauthenticated(Refusal.EXPIRED)
        hour_ends = self._note_use(key, now)
        return Holder(key.identity, min(until, expires, hour_ends))

    def pending_uses(self, most: int) -> dict[str, datetime]:
        """Uses that are not in the store yet, at most `most` of them."""
        return dict(list(self._uses.items())[:most])

    def uses_kept(self, uses: dict[str, datetime]) -> None:
        """Note that `uses` are in the store."""
        for key_id, used_at in uses.items():
            if self._uses.get(key_id) == used_at:
                del self._uses[key_id]

    def _note_use(self, key: ApiKey, now: float) -> float:
        """Note that `key` is used in this hour; when it ends."""
        begin = now - now % _HOUR
        hour = datetime.fromtimestamp(begin, UTC)
        if key.used_at is None or key.used_at < hour:
            self._uses[key.id] = hour
        return begin + _HOUR


def _secret_until(key: ApiKey | None, parts: KeyParts) -> float:
    """Until when the secret is that of `key`; 0 where it is not."""
    is_current = compare_digest(parts.digest, "" if key is None else key.digest)
    if is_current:
        return math.inf
    if key is None or key.previous_digest is None or key.previous_until is None:
        return 0.0
    is_previous = compare_digest(parts.digest, key.previous_digest)
    return key.previous_until.timestamp() if is_previous else 0.0
