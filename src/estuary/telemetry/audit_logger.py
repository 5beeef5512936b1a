"""The audit log: a line for each request that was answered with 403, and each use of key administration."""

from estuary.core.audit import AccessRefused, KeyAdministered
from estuary.telemetry.filter import Level
from estuary.telemetry.logger import Logger
from estuary.telemetry.observers import Observers

AUDIT = "estuary::audit"
"""The target of its lines."""


class AuditLogger:
    """Logs at info, without a throttle: what is left out of an audit log proves nothing."""

    def __init__(self, logger: Logger) -> None:
        self._logger = logger

    def subscribe(self, observers: Observers) -> None:
        """Log what `observers` passes on, unless the filter never lets it through."""
        if self._logger.enabled(Level.INFO):
            observers.subscribe(AccessRefused, self._access_refused)
            observers.subscribe(KeyAdministered, self._key_administered)

    def _access_refused(self, refused: AccessRefused) -> None:
        self._logger.info(
            "access refused",
            request_id=refused.request_id,
            method=refused.method,
            endpoint=refused.endpoint,
            subject=refused.subject,
            client=refused.client,
        )

    def _key_administered(self, administered: KeyAdministered) -> None:
        self._logger.info(
            "API keys administered",
            request_id=administered.request_id,
            operation=administered.operation.value,
            key=administered.key_id,
            subject=administered.subject,
            client=administered.client,
        )
