"""The errors of Redis."""

from estuary.core.errors import EstuaryError


class RedisUnavailable(EstuaryError):
    """It does not answer; `reason` is for the log."""

    code = "SERVICE_UNAVAILABLE"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RedisRefused(EstuaryError):
    """It answers, but will not work as configured; the message says what to do."""
