"""When the last backup succeeded, as a metric."""

import threading
from collections.abc import Callable, Iterator

from estuary.telemetry.registry import Family, Sample

_NAME = "backup_last_success_timestamp_seconds"
_HELP = "When the last backup succeeded, in seconds since the epoch; 0 if none has."


class LastBackup:
    """A collector; `read` finds out when that was, and may hang, as on a network file system.

    So a thread reads it, at the start and after each scrape: a scrape shows the value of the one before.
    """

    def __init__(self, read: Callable[[], float]) -> None:
        self._read = read
        self._latest = 0.0
        self._reader: threading.Thread | None = None
        self._refresh()

    def __call__(self) -> Iterator[Family]:
        """The family, with what was read last."""
        yield Family(_NAME, "gauge", _HELP, (Sample("", (), self._latest),))
        self._refresh()

    def _refresh(self) -> None:
        """Have the file read again, unless that is still being done."""
        if self._reader is None or not self._reader.is_alive():
            self._reader = threading.Thread(target=self._look, name="estuary-last-backup", daemon=True)
            self._reader.start()

    def _look(self) -> None:
        self._latest = self._read()
