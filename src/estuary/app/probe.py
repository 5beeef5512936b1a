"""A look at the store without serving it, for `estuary check`."""

import asyncio
import os

from estuary.app.resources import load_resources
from estuary.app.stores import make_store
from estuary.config.settings import Settings
from estuary.core.errors import StoreRefused
from estuary.core.ports import Store
from estuary.telemetry.observers import Observers


def probe(settings: Settings) -> str:
    """Open and close the store as `serve` would, and say how that went, in a line.

    A SQLite file that does not exist is not made. Raises `DeclarationError`, `StoreError`.
    """
    resources = load_resources(settings.resources)
    path = settings.database.path
    if path is not None and not path.exists():
        folder = next(parent for parent in path.absolute().parents if parent.exists())
        if not os.access(folder, os.W_OK):
            raise StoreRefused(f"{path} cannot be made: the folder {folder} is not writable")
        return f"store: {path} will be made on the first start"
    asyncio.run(_open_and_close(make_store(settings, resources, Observers())))
    return f"store: {settings.database.kind} answers"


async def _open_and_close(store: Store) -> None:
    await store.open()
    try:
        await store.ping()
    finally:
        await store.close()
