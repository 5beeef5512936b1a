"""Which API keys of a deployment never expire, or are not used."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from estuary.app.stores import make_store
from estuary.app.transfer import demand_there
from estuary.backups.errors import BackupError
from estuary.config.checklist.facts import KeysFound
from estuary.config.settings import Settings
from estuary.core.api_keys.api_keys import ApiKey
from estuary.core.errors import StoreError
from estuary.telemetry.observers import Observers

_UNUSED = timedelta(days=90)


def keys_found(settings: Settings) -> KeysFound | None:
    """The keys that call for a look; None where keys are off, or the store cannot be asked.

    Nothing in the store is changed.
    """
    if not settings.keys_enabled or settings.database.kind == "memory":
        return None
    try:
        keys = asyncio.run(_keys(settings))
    except (StoreError, BackupError):
        return None
    now = datetime.now(UTC)
    live = [key for key in keys if not key.has_ended(now)]
    return KeysFound(
        tuple(key.id for key in live if key.expires_at is None),
        tuple(key.id for key in live if (key.used_at or key.created_at) < now - _UNUSED),
    )


async def _keys(settings: Settings) -> Sequence[ApiKey]:
    # No resources: only the keys are asked for, whatever else is in the store.
    store = make_store(settings, [], Observers(), migrate="off")
    await demand_there(settings, store)
    if settings.database.path is not None:
        from estuary.stores.sqlite import SqliteStore

        if isinstance(store, SqliteStore):
            # Opening the file would write to it.
            return await store.api_keys().look()
    await store.open()
    try:
        return (await store.api_keys().changes()).keys
    finally:
        await store.close()
