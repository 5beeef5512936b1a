"""app.hooks: which resources have hooks to call."""

from time import monotonic

from estuary.app.hooks import hook_calls_of
from estuary.core.items import ITEMS
from estuary.core.observations import Observation


def test_a_resource_without_hooks_calls_none() -> None:
    """It is served without that part."""
    observed: list[Observation] = []
    assert hook_calls_of(ITEMS, monotonic, observed.append) is None
