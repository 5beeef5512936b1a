"""Checks the store without serving it, for `estuary check`."""

import asyncio
import os
from pathlib import Path

from estuary.app.composition import build
from estuary.app.resources import load_resources
from estuary.app.stores import make_store
from estuary.app.transfer import demand_not_lost, left_alone
from estuary.config.settings import Settings
from estuary.core.awaiting import settled
from estuary.core.errors import StoreNotMigrated, StoreRefused
from estuary.core.ports import Migratable, Store
from estuary.core.sources import Source
from estuary.telemetry.observers import Observers


def probe(settings: Settings) -> str:
    """Check whether the store could be served; returns the results, a line each.

    Nothing is created or changed. Raises `DeclarationError`, `StoreError`, `LimiterRefused`.
    """
    # Building the service checks that all libraries are installed, including those that the store does not
    # use.
    build(settings)
    resources = load_resources(settings.resources)
    path = settings.database.path
    to_be_made = path is not None and _is_to_be_made(path)
    store = make_store(settings, resources, Observers())
    if to_be_made:
        asyncio.run(demand_not_lost(store))
        return f"store: {path} will be made on the first start"
    return "\n".join(asyncio.run(_look(store, settings)))


def _is_to_be_made(path: Path) -> bool:
    """Whether the file is missing or empty; raises `StoreRefused` if it cannot be created."""
    try:
        return path.stat().st_size == 0
    except (FileNotFoundError, NotADirectoryError):
        folder = next(parent for parent in path.absolute().parents if parent.exists())
    except OSError as error:
        raise StoreRefused(f"{path} cannot be seen: {error.strerror}") from error
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        raise StoreRefused(f"{path} cannot be made: the folder {folder} is not writable")
    return True


async def _look(store: Store, settings: Settings) -> list[str]:
    kind = settings.database.kind
    if isinstance(store, Migratable) and settings.database_migrate != "off":
        statements = await store.migrate(only_plan=True)
        if statements and settings.database_migrate == "check":
            from estuary.stores.sql.migrations.policy import NOT_MIGRATED

            raise StoreNotMigrated(NOT_MIGRATED)
        if statements:
            return [f"store: {kind} answers; {len(statements)} statements make it fit at the next start"]
    if settings.database.path is not None and isinstance(store, Source):
        # Opening the file would write to it: its journal mode, and recovery from a crash.
        await store.survey()
    else:
        await _open_and_close(store)
    return [f"store: {kind} answers", *(f"warning: {warning}" for warning in await left_alone(store))]


async def _open_and_close(store: Store) -> None:
    await store.open()
    try:
        await settled(store.ping())
    finally:
        await store.close()
