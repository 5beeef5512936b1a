"""Portable: the host as psutil describes it, for systems without `/proc`."""

from collections.abc import Mapping
from contextlib import suppress

import psutil

from estuary.telemetry.readings import Disk, Memory, Network, Process


class Portable:
    """The port `Host` over psutil."""

    def memory(self) -> Memory:
        """The machine's memory; used is what is not available without swapping."""
        memory = psutil.virtual_memory()
        return Memory(memory.total, memory.total - memory.available)

    def cpu_count(self) -> int:
        """All logical processors of the machine: quotas of containers are not seen here."""
        return psutil.cpu_count() or 1

    def cpu_seconds(self) -> Mapping[str, float]:
        """The seconds of all processors together, in the modes that this system knows."""
        return dict(psutil.cpu_times()._asdict())

    def load1(self) -> float | None:
        """The machine's load average over one minute."""
        return psutil.getloadavg()[0]

    def disks(self) -> Mapping[str, Disk]:
        """Bytes read and written, by device."""
        counters = psutil.disk_io_counters(perdisk=True) or {}
        return {name: Disk(disk.read_bytes, disk.write_bytes) for name, disk in counters.items()}

    def networks(self) -> Mapping[str, Network]:
        """By device, the loopback included where the system counts it."""
        counters = psutil.net_io_counters(pernic=True)
        return {name: Network(nic.bytes_recv, nic.bytes_sent) for name, nic in counters.items()}

    def process(self, pid: int | None = None) -> Process | None:
        """The process; children that have ended count into its processor time."""
        try:
            process = psutil.Process(pid)
            times, memory = process.cpu_times(), process.memory_info()
        except psutil.Error:
            return None
        open_fds = None
        with suppress(AttributeError, psutil.Error):  # not on Windows
            open_fds = process.num_fds()
        cpu_seconds = times.user + times.system + times.children_user + times.children_system
        return Process(cpu_seconds, memory.rss, memory.vms, open_fds, None)
