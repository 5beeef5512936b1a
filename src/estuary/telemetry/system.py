"""System: how the machine is doing, read at most once a second."""

from pathlib import Path

from estuary.core.ports import Clock, SystemReading
from estuary.telemetry.readings import Host

_MIB = 1024 * 1024
_LIFETIME = 1.0  # seconds


def this_host() -> Host:
    """The host that runs this process."""
    if Path("/proc/self/stat").exists():
        from estuary.telemetry.linux import Linux

        return Linux()
    from estuary.telemetry.portable import Portable

    return Portable()


class CachedSystemMonitor:
    """The port `SystemMonitor`: a reading serves every health probe of the second that follows it."""

    def __init__(self, host: Host, clock: Clock) -> None:
        self._host = host
        self._monotonic = clock.monotonic
        self._reading = self._read()
        self._expires = self._monotonic() + _LIFETIME

    def read(self) -> SystemReading:
        """The latest reading, at most a second old; megabytes are of 2^20 bytes."""
        now = self._monotonic()
        if now >= self._expires:
            self._reading = self._read()
            self._expires = now + _LIFETIME
        return self._reading

    def _read(self) -> SystemReading:
        memory = self._host.memory()
        return SystemReading(
            memory_used_mb=round(memory.used / _MIB, 1),
            memory_total_mb=round(memory.total / _MIB, 1),
            memory_usage_percent=round(100.0 * memory.used / memory.total, 1),
            cpu_count=self._host.cpu_count(),
        )
