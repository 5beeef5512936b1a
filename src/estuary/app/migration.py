"""Migrates the store's tables to the declared resources, for `estuary migrate`."""

from collections.abc import Sequence
from typing import NamedTuple

from estuary.app.resources import load_resources
from estuary.app.stores import make_store
from estuary.app.transfer import left_alone
from estuary.config.settings import Settings
from estuary.core.ports import Migratable
from estuary.telemetry.observers import Observers


class Migrated(NamedTuple):
    """The statements that were executed or planned, and warnings for the operator."""

    statements: Sequence[str]
    warnings: Sequence[str]


async def migrate(settings: Settings, *, only_plan: bool) -> Migrated:
    """Migrate the store, or plan it with `only_plan`; stores without tables need no statement.

    Raises `DeclarationError`, `StoreError`.
    """
    store = make_store(settings, load_resources(settings.resources), Observers())
    if isinstance(store, Migratable):
        statements = await store.migrate(only_plan=only_plan)
        return Migrated(statements, await left_alone(store))
    # Other stores are migrated elsewhere, if at all: opening them checks whether they fit.
    await store.open()
    await store.close()
    return Migrated((), await left_alone(store))
