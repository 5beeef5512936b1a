"""API keys in Convex, whose mutations are serializable: versions are committed in their order."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from msgspec.structs import replace

from estuary.core.api_keys.api_keys import ApiKey, KeyChanges
from estuary.stores.convex.documents import fitting, moment
from estuary.stores.convex.functions import Functions


class _Changes(msgspec.Struct):
    version: int
    keys: list[ApiKey]


# Convex writes every number as a float.
_changes = msgspec.json.Decoder(_Changes, strict=False)
_number = msgspec.json.Decoder(int, strict=False)


class ConvexApiKeys:
    """Implements `ApiKeys` with `functions` (see `convex/keys.ts`)."""

    def __init__(self, functions: Functions) -> None:
        self._functions = functions

    async def changes(self, since: int = 0) -> KeyChanges:
        """The keys that changed since then."""
        changes = fitting(_changes, await self._functions.query("keyChanges", {"since": since}))
        return KeyChanges(changes.version, changes.keys)

    async def put(self, key: ApiKey) -> ApiKey:
        """Keep a key, if it is the version that is kept."""
        answer = await self._functions.mutate("putKey", {"key": key}, key.id)
        return replace(key, version=fitting(_number, answer))

    async def revoke_all(self, now: datetime) -> int:
        """Revoke every key."""
        return fitting(_number, await self._functions.mutate("revokeKeys", {"now": moment(now)}))

    async def note_uses(self, uses: Mapping[str, datetime]) -> None:
        """Keep later uses."""
        await self._functions.mutate(
            "noteKeyUses", {"uses": {key_id: moment(used_at) for key_id, used_at in uses.items()}}
        )

    async def forget(self, ended_before: datetime) -> None:
        """Remove what ended before then."""
        await self._functions.mutate("forgetKeys", {"before": moment(ended_before)})
