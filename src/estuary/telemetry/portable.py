"""Portable: the host as psutil describes it, for systems without `/proc`."""

from collections.abc import Mapping
from contextlib import suppress

import psutil

from estuary.telemetry.readings import Disk, Memory, Network, Process


class Portable:
    """The port `Host` over psutil."""

    def __init__(self) -> None:
        self._process = psutil.Process()

    def memory(self) -> Memory:
        """The machine's."""
        memory = psutil.virtual_memory()
        return Memory(memory.total, memory.total - memory.available)

    def cpu_count(self) -> int:
        """All logical processors."""
        return psutil.cpu_count() or 1

    def cpu_seconds(self) -> Mapping[str, float]:
        """Of all processors together, in the modes that this system knows."""
        return dict(psutil.cpu_times()._asdict())

    def load1(self) -> float | None:
        """The machine's."""
        return psutil.getloadavg()[0]

    def disks(self) -> Mapping[str, Disk]:
        """By physical device."""
        counters = psutil.disk_io_counters(perdisk=True) or {}
        return {name: Disk(disk.read_bytes, disk.write_bytes) for name, disk in counters.items()}

    def networks(self) -> Mapping[str, Network]:
        """By device, the loopback included where the system counts it."""
        counters = psutil.net_io_counters(pernic=True)
        return {name: Network(nic.bytes_recv, nic.bytes_sent) for name, nic in counters.items()}

    def process(self) -> Process:
        """The process itself, without its children."""
        times, memory = self._process.cpu_times(), self._process.memory_info()
        open_fds = None
        with suppress(AttributeError, psutil.Error):  # not on Windows
            open_fds = self._process.num_fds()
        return Process(times.user + times.system, memory.rss, memory.vms, open_fds, None)
