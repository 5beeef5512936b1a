"""The supervisor's own log lines, in the form of the service's: it may not import what makes those."""

import sys
import time
from datetime import UTC, datetime

from estuary.config.settings import Settings
from estuary.config.surroundings import Surroundings
from estuary.telemetry.logs import Logs, build_logs


class _SystemClock:
    monotonic = staticmethod(time.monotonic)

    @staticmethod
    def now() -> datetime:
        return datetime.now(UTC)


def supervisor_logs(settings: Settings, around: Surroundings) -> Logs:
    """Logs to standard output: lines for people at a terminal in development, else JSON."""
    at_terminal = sys.stdout.isatty()
    text = settings.log_format == "text" or (
        settings.log_format == "auto" and at_terminal and not settings.production
    )
    return build_logs(
        sys.stdout.fileno(),
        filter=settings.log_filter,
        format="text" if text else "json",
        colour=at_terminal and not around.no_color,
        clock=_SystemClock(),
    )
