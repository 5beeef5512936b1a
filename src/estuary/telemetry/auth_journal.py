"""What the log says of authentication: who was not let in, and how it stands with the issuers' keys."""

from estuary.core.observations import AuthFailed, KeysFetched, KeysMissed, KeysNotKept
from estuary.core.ports import Clock
from estuary.telemetry.condensed import Condensed
from estuary.telemetry.filter import Level
from estuary.telemetry.logger import Logger
from estuary.telemetry.observers import Observers


class AuthJournal:
    """Refusals once a second with a count; every fetch of keys that changed or failed. Never a token."""

    def __init__(self, logger: Logger, clock: Clock) -> None:
        self._log = logger
        self._refused = Condensed(clock)

    def subscribe(self, observers: Observers) -> None:
        """Log what `observers` passes on; what the filter never lets through is not subscribed to."""
        if self._log.enabled(Level.ERROR):
            observers.subscribe(KeysMissed, self._keys_missed)
        if self._log.enabled(Level.WARN):
            observers.subscribe(AuthFailed, self._auth_failed)
            observers.subscribe(KeysFetched, self._keys_fetched)
            observers.subscribe(KeysNotKept, self._keys_not_kept)

    def _auth_failed(self, failed: AuthFailed) -> None:
        if count := self._refused.due():
            reason = failed.reason.value
            self._log.warn("authentication failed", count=count, reason=reason, client=failed.client)

    def _keys_fetched(self, fetched: KeysFetched) -> None:
        if not fetched.changed:
            self._log.debug("keys are as they were", source=fetched.source)
        elif fetched.ids:
            self._log.info("keys fetched", source=fetched.source, ids=list(fetched.ids))
        else:
            self._log.warn("keys fetched, but none can be used", source=fetched.source)

    def _keys_missed(self, missed: KeysMissed) -> None:
        if missed.usable:
            level, message = Level.WARN, "keys not fetched; the ones there are stay in use"
        else:
            level, message = Level.ERROR, "keys not fetched"
        self._log.log(level, message, source=missed.source, reason=missed.reason)

    def _keys_not_kept(self, kept: KeysNotKept) -> None:
        self._log.warn("keys not kept for the next start", source=kept.source, reason=kept.reason)
