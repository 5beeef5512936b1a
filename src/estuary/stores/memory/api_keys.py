"""API keys in memory: they end with the process, as the records do."""

from collections.abc import Callable, Mapping
from datetime import datetime

from msgspec.structs import replace

from estuary.core.api_keys.api_keys import ApiKey, KeyChanges, demand_version


class MemoryApiKeys:
    """Implements `ApiKeys`; `demand_open` raises `StoreUnavailable` where the store is closed.

    No method waits for anything, so each is one step.
    """

    def __init__(self, demand_open: Callable[[], None]) -> None:
        self._demand_open = demand_open
        self._keys: dict[str, ApiKey] = {}
        self._version = 0

    def clear(self) -> None:
        """Forget every key."""
        self._keys.clear()
        self._version = 0

    async def changes(self, since: int = 0) -> KeyChanges:
        """The keys that changed since then."""
        self._demand_open()
        changed = [key for key in self._keys.values() if key.version > since]
        return KeyChanges(self._version, sorted(changed, key=lambda key: key.version))

    async def put(self, key: ApiKey) -> ApiKey:
        """Keep a key, if it is the version that is kept."""
        self._demand_open()
        found = self._keys.get(key.id)
        demand_version(key, None if found is None else found.version)
        return self._keep(replace(key, used_at=None if found is None else found.used_at))

    async def revoke_all(self, now: datetime) -> int:
        """Revoke every key."""
        self._demand_open()
        live = [key for key in self._keys.values() if key.revoked_at is None]
        for key in live:
            self._keep(replace(key, revoked_at=now))
        return len(live)

    async def note_uses(self, uses: Mapping[str, datetime]) -> None:
        """Keep later uses."""
        self._demand_open()
        for key_id, used_at in uses.items():
            key = self._keys.get(key_id)
            if key is not None and (key.used_at is None or key.used_at < used_at):
                self._keys[key_id] = replace(key, used_at=used_at)

    async def forget(self, ended_before: datetime) -> None:
        """Remove what ended before then."""
        self._demand_open()
        self._keys = {key.id: key for key in self._keys.values() if not _ended_before(key, ended_before)}

    def _keep(self, key: ApiKey) -> ApiKey:
        self._version += 1
        self._keys[key.id] = kept = replace(key, version=self._version)
        return kept


def _ended_before(key: ApiKey, moment: datetime) -> bool:
    return any(end is not None and end < moment for end in (key.revoked_at, key.expires_at))
