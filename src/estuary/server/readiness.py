"""Whether the service is ready, as its log and its service manager are told."""

import sched
from collections.abc import Callable

from estuary.server.notify import ServiceManager

EXTENSION_SECONDS = 30.0
"""For so long a service that waits asks its manager for patience (EXTEND_TIMEOUT_USEC of sd_notify(3))."""

_ASK_SECONDS = EXTENSION_SECONDS / 3


class Readiness:
    """Ready once, when every worker answers requests and has its store; until then it says why not.

    `announce` is called with the reason at each new one, and with the empty text when the service is ready.
    `timers` are those of the supervisor's loop.
    """

    def __init__(
        self, manager: ServiceManager, timers: sched.scheduler, announce: Callable[[str], None]
    ) -> None:
        self._manager = manager
        self._timers = timers
        self._announce = announce
        self._asking: sched.Event | None = None
        self._reason = ""
        self.announced = False
        """Whether the service was ready: workers that come later are replacements."""

    def wait(self, reason: str) -> None:
        """The service waits, for what `reason` says."""
        if reason == self._reason or self.announced:
            return
        self._reason = reason
        self._announce(reason)
        if self._asking is None:
            self._ask()
        else:
            self._manager.tell(STATUS=f"Not ready: {reason}")

    def reached(self) -> None:
        """Announce in the log and to the service manager that every worker is ready."""
        self.stop_waiting()
        self.announced = True
        self._announce("")
        self._manager.tell(READY="1", STATUS="Serving")

    def stop_waiting(self) -> None:
        """Ask for no more patience: it is ready, or about to end."""
        if self._asking is not None:
            self._timers.cancel(self._asking)
            self._asking = None

    def _ask(self) -> None:
        """A start that takes longer than TimeoutStartSec would be ended, and begun again, over and over."""
        self._manager.tell(
            EXTEND_TIMEOUT_USEC=str(round(EXTENSION_SECONDS * 1_000_000)),
            STATUS=f"Not ready: {self._reason}",
        )
        self._asking = self._timers.enter(_ASK_SECONDS, 0, self._ask)
