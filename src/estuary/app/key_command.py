"""API keys administered from a terminal, in the store that the service uses."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from estuary.app.keys import key_administration
from estuary.app.resources import load_resources
from estuary.app.stores import make_store
from estuary.app.transfer import demand_lasting, demand_there
from estuary.config.settings import Settings
from estuary.core.api_keys.key_administration import KeyAdministration
from estuary.telemetry.observers import Observers

T = TypeVar("T")


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
