"""API keys administered from a terminal, in the store that the service uses."""

import os
from collections.abc import Awaitable, Callable
from typing import TypeVar

from estuary.app.resources import load_resources
from estuary.app.stores import make_store
from estuary.app.transfer import demand_lasting, demand_there
from estuary.config.settings import Settings
from estuary.core.key_administration import KeyAdministration
from estuary.core.ports import Store
from estuary.telemetry.clock import SystemClock
from estuary.telemetry.observers import Observers

T = TypeVar("T")


def key_administration(store: Store) -> KeyAdministration:
    """The use cases on the keys in `store`."""
    return KeyAdministration(store.api_keys(), SystemClock(), os.urandom)


async def administer(
    settings: Settings, work: Callable[[KeyAdministration], Awaitable[T]], *, create: bool = False
) -> T:
    """The outcome of `work` on the keys in the configured store; with `create` that may be a new one.

    Raises `BackupError` where there is no store that lasts, `StoreError`, and what `work` raises.
    """
    demand_lasting(settings)
    store = make_store(settings, load_resources(settings.resources), Observers())
    if not create:
        await demand_there(settings, store)
    await store.open()
    try:
        return await work(key_administration(store))
    finally:
        await store.close()
