"""The hooks of resources: what calls them is imported only where some are declared."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from estuary.core.ports import Observer
from estuary.core.resource import Resource

if TYPE_CHECKING:
    from estuary.core.hooks.hook_calls import HookCalls


def hook_calls_of(
    resource: Resource, monotonic: Callable[[], float], observe: Observer
) -> "HookCalls | None":
    """The caller of the hooks of `resource`; None where it has none."""
    if resource.hooks is None:
        return None
    from estuary.core.hooks.hook_calls import HookCalls

    return HookCalls(resource, resource.hooks, monotonic, observe)
