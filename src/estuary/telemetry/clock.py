"""The machine's clocks."""

import time
from datetime import UTC, datetime


class SystemClock:
    """Implements `Clock`."""

    monotonic = staticmethod(time.monotonic)
    timestamp = staticmethod(time.time)

    @staticmethod
    def now() -> datetime:
        """The current time, in UTC."""
        return datetime.now(UTC)
