"""Observers: passes each observation on to the subscribers of its type."""

import logging
from collections.abc import Callable
from typing import Any, Final, TypeVar

from estuary.core.observations import Observation

ObservationT = TypeVar("ObservationT", bound=Observation)
Handler = Callable[[Any], None]

_log: Final = logging.getLogger("estuary.telemetry")


class Observers:
    """The port `Observer`, for any number of subscribers.

    It stands on every request's way, three or four times: one lookup by exact type, no inheritance.
    A handler that raises never disturbs the request: the first error of each handler is logged (its next
    ones would say the same), through `logging`, which the service's logs capture.
    """

    __slots__ = ("_handlers", "_reported")

    def __init__(self) -> None:
        self._handlers: dict[type, tuple[Handler, ...]] = {}
        self._reported: set[Handler] = set()

    def subscribe(
        self, observation_type: type[ObservationT], handler: Callable[[ObservationT], None]
    ) -> None:
        """Call `handler` with each observation of exactly this type, after those subscribed before."""
        self._handlers[observation_type] = (*self._handlers.get(observation_type, ()), handler)

    def __call__(self, observation: Observation) -> None:
        """Give `observation` to its subscribers; never raises."""
        for handler in self._handlers.get(type(observation), ()):
            try:
                handler(observation)
            except Exception as error:  # noqa: BLE001 - whatever a subscriber does, the request goes on
                self._report(handler, error)

    def _report(self, handler: Handler, error: Exception) -> None:
        if handler not in self._reported:
            self._reported.add(handler)
            _log.error("An observer failed; its later failures are not reported", exc_info=error)
