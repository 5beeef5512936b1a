"""The hook `validate`, asked of records that come from lines instead of clients."""

from collections.abc import Sequence
from time import monotonic

from estuary.app.hooks import hook_calls_of
from estuary.core.errors import HookFailed, ValidationFailed
from estuary.core.record import Record
from estuary.core.resource import Resource
from estuary.telemetry.observers import Observers


class LineHooks:
    """Calls the hooks of `resources`."""

    def __init__(self, resources: Sequence[Resource]) -> None:
        self._calls = {each.name: hook_calls_of(each, monotonic, Observers()) for each in resources}

    def objection(self, resource: Resource, record: Record) -> str:
        """Why the resource's hook refuses a record; empty if it does not, or if there is none."""
        calls = self._calls[resource.name]
        if calls is None:
            return ""
        try:
            calls.validate(record.value, None)
        except ValidationFailed as failed:
            return "; ".join(f"{each.field}: {each.message}" for each in failed.violations)
        except HookFailed as error:
            return str(error)
        return ""
