"""The numbers of authentication: who was not let in, and whether the issuers' keys are to be had."""

from estuary.core.identity import Refusal
from estuary.core.observations import AuthFailed, KeysFetched, KeysMissed
from estuary.telemetry.instruments import Counter
from estuary.telemetry.observers import Observers
from estuary.telemetry.registry import Registry


class AuthMetrics:
    """Counts refusals by reason, all reasons from the start, and fetches of keys by result."""

    def __init__(self, registry: Registry) -> None:
        failures = registry.counter(
            "auth_failures_total", "Requests that were not let in, by reason.", "reason"
        )
        self._failures: dict[Refusal, Counter] = {
            reason: failures.series(reason.value) for reason in Refusal
        }
        fetches = registry.counter(
            "auth_key_fetches_total", "Attempts to fetch an issuer's keys, by result.", "result"
        )
        self._fetched: Counter = fetches.series("success")
        self._missed: Counter = fetches.series("error")

    def subscribe(self, observers: Observers) -> None:
        """Count what `observers` passes on."""
        observers.subscribe(AuthFailed, self._auth_failed)
        observers.subscribe(KeysFetched, self._keys_fetched)
        observers.subscribe(KeysMissed, self._keys_missed)

    def _auth_failed(self, failed: AuthFailed) -> None:
        self._failures[failed.reason].inc()

    def _keys_fetched(self, _: KeysFetched) -> None:
        self._fetched.inc()

    def _keys_missed(self, _: KeysMissed) -> None:
        self._missed.inc()
