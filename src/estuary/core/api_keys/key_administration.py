"""The use cases on API keys: list, create, rotate and revoke."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import NamedTuple

from msgspec.structs import replace

from estuary.core.access.identity import Identity
from estuary.core.api_keys.api_key_text import ID_BYTES, SECRET_BYTES, key_text, parse_key
from estuary.core.api_keys.api_keys import KEPT_AFTER_END, MOST_KEYS, ApiKey
from estuary.core.errors import KeyConflict, NotFound, VersionConflict, WriteContention
from estuary.core.ports import ApiKeys, Clock

DEFAULT_LIFETIME = timedelta(days=90)
LONGEST_LIFETIME = timedelta(days=3650)
LONGEST_OVERLAP = timedelta(days=30)
"""How long the secret before a rotation may go on being honoured."""

_ATTEMPTS = 4


class Grant(NamedTuple):
    """What a new key is to be: `lifetime` None for one that never expires."""

    name: str
    scopes: tuple[str, ...]
    roles: tuple[str, ...]
    owner: str | None
    lifetime: timedelta | None = DEFAULT_LIFETIME


class Issued(NamedTuple):
    """A key with its text, which is returned this once and stored nowhere."""

    key: ApiKey
    text: str


class KeyAdministration:
    """Administers the keys in `keys`; `entropy` gives so many random bytes, fit for secrets."""

    def __init__(self, keys: ApiKeys, clock: Clock, entropy: Callable[[int], bytes]) -> None:
        self._keys = keys
        self._now = clock.now
        self._entropy = entropy

    async def list(self) -> Sequence[ApiKey]:
        """Every key that is kept, also revoked and expired ones, in the order of their creation."""
        changes = await self._keys.changes()
        return sorted(changes.keys, key=lambda key: (key.created_at, key.id))

    async def get(self, key_id: str) -> ApiKey:
        """One key; raises `NotFound`."""
        changes = await self._keys.changes()
        for key in changes.keys:
            if key.id == key_id:
                return key
        raise NotFound(key_id)

    async def create(self, grant: Grant, created_by: str) -> Issued:
        """A new key; raises `KeyConflict`. Those that ended long ago are forgotten on the way."""
        now = self._now()
        await self._keys.forget(now - KEPT_AFTER_END)
        if len((await self._keys.changes()).keys) >= MOST_KEYS:
            raise KeyConflict(f"There are {MOST_KEYS} API keys already: revoke some")
        key_id = self._entropy(ID_BYTES).hex()
        text, digest = self._secret_of(key_id)
        key = ApiKey(
            id=key_id,
            name=grant.name,
            digest=digest,
            owner=grant.owner,
            scopes=tuple(sorted(set(grant.scopes))),
            roles=tuple(sorted(set(grant.roles))),
            created_by=created_by,
            created_at=now,
            expires_at=None if grant.lifetime is None else now + grant.lifetime,
        )
        return Issued(await self._keys.put(key), text)

    async def rotate(self, key_id: str, overlap: timedelta = timedelta(0)) -> Issued:
        """A new secret for a key, with the lifetime that it had; the old one is honoured for `overlap`.

        Raises `NotFound`, and `KeyConflict` for a key that is revoked or has expired.
        """
        text, digest = self._secret_of(key_id)

        def rotated(key: ApiKey) -> ApiKey:
            now = self._now()
            if key.has_ended(now):
                raise KeyConflict(f"API key {key_id} is revoked or has expired: create another one")
            began = key.rotated_at or key.created_at
            return replace(
                key,
                digest=digest,
                rotated_at=now,
                previous_digest=key.digest if overlap else None,
                previous_until=now + overlap if overlap else None,
                expires_at=None if key.expires_at is None else now + (key.expires_at - began),
            )

        return Issued(await self._change(key_id, rotated), text)

    async def revoke(self, key_id: str) -> ApiKey:
        """Revoke a key; one that is revoked stays as it is. Raises `NotFound`."""

        def revoked(key: ApiKey) -> ApiKey:
            return key if key.revoked_at is not None else replace(key, revoked_at=self._now())

        return await self._change(key_id, revoked)

    async def revoke_all(self) -> int:
        """Revoke every key; the number of those that were not revoked before."""
        return await self._keys.revoke_all(self._now())

    async def _change(self, key_id: str, change: Callable[[ApiKey], ApiKey]) -> ApiKey:
        """The key as `change` makes it of the current one; raises `NotFound` and `WriteContention`."""
        for _ in range(_ATTEMPTS):
            key = await self.get(key_id)
            changed = change(key)
            if changed is key:
                return key
            try:
                return await self._keys.put(changed)
            except VersionConflict:
                continue
        raise WriteContention

    def _secret_of(self, key_id: str) -> tuple[str, str]:
        """The text of a key with a new secret, and the digest of that."""
        text = key_text(key_id, self._entropy(SECRET_BYTES))
        parts = parse_key(text)
        if parts is None:
            raise NotFound(key_id)
        return text, parts.digest


def exceeds(key_or_grant: ApiKey | Grant, maker: Identity) -> str | None:
    """The first right that a key would grant and `maker` does not have; None where there is none."""
    if maker.owner is not None and key_or_grant.owner != maker.owner:
        return "owner"
    if not maker.scopes.issuperset(key_or_grant.scopes):
        return "scopes"
    if not maker.roles.issuperset(key_or_grant.roles):
        return "roles"
    return None
