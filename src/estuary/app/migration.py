"""Makes the store's tables fit the declared resources, for `estuary migrate`."""

from collections.abc import Sequence

from estuary.app.resources import load_resources
from estuary.app.stores import make_store
from estuary.config.settings import Settings
from estuary.core.ports import Migratable
from estuary.telemetry.observers import Observers


async def migrate(settings: Settings, *, only_plan: bool) -> Sequence[str]:
    """The statements that did it, or that would; none where the store has no tables of its own.

    Raises `DeclarationError`, `StoreError`.
    """
    store = make_store(settings, load_resources(settings.resources), Observers())
    if isinstance(store, Migratable):
        return await store.migrate(only_plan=only_plan)
    # Others are changed from elsewhere, if at all: opening them tells whether they fit.
    await store.open()
    await store.close()
    return ()
