"""Makes the store's tables fit the declared resources, for `estuary migrate`."""

from collections.abc import Sequence
from typing import NamedTuple

from estuary.app.resources import load_resources
from estuary.app.stores import make_store
from estuary.app.transfer import left_alone
from estuary.config.settings import Settings
from estuary.core.ports import Migratable
from estuary.telemetry.observers import Observers


class Migrated(NamedTuple):
    """The statements that did it, or that would, and what of it an operator should hear."""

    statements: Sequence[str]
    warnings: Sequence[str]


async def migrate(settings: Settings, *, only_plan: bool) -> Migrated:
    """Have it done, or with `only_plan` found out; a store without tables of its own needs no statement.

    Raises `DeclarationError`, `StoreError`.
    """
    store = make_store(settings, load_resources(settings.resources), Observers())
    if isinstance(store, Migratable):
        statements = await store.migrate(only_plan=only_plan)
        return Migrated(statements, await left_alone(store))
    # Others are changed from elsewhere, if at all: opening them tells whether they fit.
    await store.open()
    await store.close()
    return Migrated((), await left_alone(store))
