"""Idempotency keys in memory, each with what the write that carried it left behind."""

from datetime import datetime
from itertools import islice
from typing import Final, Generic

from estuary.core.errors import IdempotencyKeyReused
from estuary.core.writes.write_snapshots import OutcomeT
from estuary.core.writes.writes import KEY_LIFETIME, IdempotencyKey

REMOVED_AT_ONCE = 4
"""Expired keys that a keyed write removes: more than it adds, so that the number of them goes down."""


class _Kept(Generic[OutcomeT]):
    def __init__(self, fingerprint: str, outcome: OutcomeT, used_at: datetime) -> None:
        self.fingerprint: Final = fingerprint
        self.outcome: Final = outcome
        self.used_at: Final = used_at


class IdempotencyKeys(Generic[OutcomeT]):
    """The keys of one collection, or of several writes."""

    def __init__(self) -> None:
        # In the order they were kept in, and so about in that of their expiry.
        self._kept: dict[tuple[str, str, str], _Kept[OutcomeT]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, key: IdempotencyKey) -> OutcomeT | None:
        """What the key's write left behind; raises `IdempotencyKeyReused` where it was another write."""
        kept = self._kept.get(key.place)
        if kept is None or _has_expired(kept, key.now):
            return None
        if kept.fingerprint != key.fingerprint:
            raise IdempotencyKeyReused
        return kept.outcome

    def keep(self, key: IdempotencyKey, outcome: OutcomeT) -> None:
        """Remember `outcome` as what the key's write left behind, and forget a few expired keys."""
        self._kept.pop(key.place, None)
        self._kept[key.place] = _Kept(key.fingerprint, outcome, key.now)
        for oldest, kept in list(islice(self._kept.items(), REMOVED_AT_ONCE)):
            if _has_expired(kept, key.now):
                del self._kept[oldest]


def _has_expired(kept: _Kept[OutcomeT], now: datetime) -> bool:
    return now - kept.used_at >= KEY_LIFETIME
