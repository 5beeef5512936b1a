"""API keys as they are administered: the use cases, and their handlers for one role."""

import os
from typing import TYPE_CHECKING

from estuary.config.settings import Settings
from estuary.core.ports import Clock, Observer, Store
from estuary.http.guards.body import BodyReader
from estuary.http.routes import KEYS_PATH
from estuary.telemetry.clock import SystemClock

if TYPE_CHECKING:  # imported only where keys are administered
    from estuary.core.api_keys.key_administration import KeyAdministration
    from estuary.http.keys.handlers import KeyHandlers


def key_administration(store: Store) -> "KeyAdministration":
    """The use cases on the keys in `store`."""
    from estuary.core.api_keys.key_administration import KeyAdministration

    return KeyAdministration(store.api_keys(), SystemClock(), os.urandom)


def make_key_handlers(
    settings: Settings, store: Store, clock: Clock, observe: Observer
) -> "KeyHandlers | None":
    """The handlers for those who have the role of KEYS_ROLE; None where it names none."""
    if settings.keys_role is None:
        return None
    from estuary.http.keys.handlers import KeyHandlers

    body = BodyReader(settings.max_body_bytes, settings.request_body_timeout_seconds)
    return KeyHandlers(key_administration(store), body, clock, observe, KEYS_PATH)
