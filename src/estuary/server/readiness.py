"""Whether the service is ready, as the log and the service manager show it."""

import sched
from collections.abc import Callable

from estuary.server.notify import ServiceManager

EXTENSION_SECONDS = 30.0
"""By how much a waiting service extends its start-up timeout (EXTEND_TIMEOUT_USEC of sd_notify(3))."""

_EXTEND_EVERY_SECONDS = EXTENSION_SECONDS / 3


class Readiness:
    """Becomes ready once, when every worker answers requests and has its store.

    `announce` is called with each new reason why it is not ready yet, and with the empty text when it is.
    `timers` are those of the supervisor's loop.
    """

    def __init__(
        self, manager: ServiceManager, timers: sched.scheduler, announce: Callable[[str], None]
    ) -> None:
        self._manager = manager
        self._timers = timers
        self._announce = announce
        self._extending: sched.Event | None = None
        self._reason = ""
        self.announced = False
        """Whether the service has been ready: workers that start later are replacements."""

    def wait(self, reason: str) -> None:
        """Report that the service is not ready, and why."""
        if reason == self._reason or self.announced:
            return
        self._reason = reason
        self._announce(reason)
        if self._extending is None:
            self._extend()
        else:
            self._manager.notify(STATUS=f"Not ready: {reason}")

    def reached(self) -> None:
        """Report that every worker is ready."""
        self.stop_waiting()
        self.announced = True
        self._announce("")
        self._manager.notify(READY="1", STATUS="Serving")

    def stop_waiting(self) -> None:
        """Extend the start-up timeout no further: the service is ready, or about to end."""
        if self._extending is not None:
            self._timers.cancel(self._extending)
            self._extending = None

    def _extend(self) -> None:
        """Extend the start-up timeout: past TimeoutStartSec the service would be killed and restarted."""
        self._manager.notify(
            EXTEND_TIMEOUT_USEC=str(round(EXTENSION_SECONDS * 1_000_000)),
            STATUS=f"Not ready: {self._reason}",
        )
        self._extending = self._timers.enter(_EXTEND_EVERY_SECONDS, 0, self._extend)
