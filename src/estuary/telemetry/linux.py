"""Linux: the host as `/proc` and the control groups describe it.

Read directly rather than through psutil, which costs each process 8 MB and 90 ms to import and knows no
control groups. Source: proc(5), the kernel's admin-guide/iostats.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from estuary.telemetry.cgroup import Cgroup
from estuary.telemetry.readings import Disk, Memory, Network, Process

_CPU_MODES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
_KIB = 1024
_SECTOR = 512  # bytes; /proc/diskstats counts in these whatever the device's own sectors are
_VIRTUAL_DISKS = ("loop", "ram", "zram")


class Linux:
    """The port `Host` over a `/proc` at `proc` and a `/sys/fs/cgroup` at `sys_cgroup`."""

    def __init__(self, proc: Path = Path("/proc"), sys_cgroup: Path = Path("/sys/fs/cgroup")) -> None:
        self._proc = proc
        self._cgroup = Cgroup(self._text("self/cgroup"), sys_cgroup)
        self._ticks = os.sysconf("SC_CLK_TCK")
        self._page = os.sysconf("SC_PAGE_SIZE")

    def memory(self) -> Memory:
        """The machine's memory, or the container's where that is limited further."""
        machine = self._machine_memory()
        limited = self._cgroup.memory()
        # "No limit" is a number close to 2^63 in version 1.
        if limited is not None and limited.total < machine.total:
            return limited
        return machine

    def cpu_count(self) -> int:
        """Processors that the scheduler may give us; a quota counts by whole ones, at least one."""
        return max(1, int(min(len(os.sched_getaffinity(0)), self._cgroup.cpus())))

    def cpu_seconds(self) -> Mapping[str, float]:
        """The seconds of all processors together, since the machine started."""
        first = self._text("stat").partition("\n")[0].split()[1:]
        return {mode: int(ticks) / self._ticks for mode, ticks in zip(_CPU_MODES, first, strict=False)}

    def load1(self) -> float | None:
        """The machine's, also in a container."""
        averages = self._text("loadavg").split()
        return float(averages[0]) if averages else None

    def disks(self) -> Mapping[str, Disk]:
        """Whole devices and partitions; loop and memory devices left out."""
        return {
            fields[2]: Disk(int(fields[5]) * _SECTOR, int(fields[9]) * _SECTOR)
            for fields in self._table("diskstats")
            if not fields[2].startswith(_VIRTUAL_DISKS)
        }

    def networks(self) -> Mapping[str, Network]:
        """The devices of this process's network namespace, the loopback left out."""
        devices = (line.partition(":") for line in self._text("self/net/dev").splitlines() if ":" in line)
        counted = ((name.strip(), counts.split()) for name, _, counts in devices)
        return {name: Network(int(counts[0]), int(counts[8])) for name, counts in counted if name != "lo"}

    def process(self, pid: int | None = None) -> Process | None:
        """The process; children that have ended count into its processor time."""
        name = "self" if pid is None else str(pid)
        # The command's name may contain anything, but nothing after the last parenthesis does.
        fields = self._text(f"{name}/stat").rpartition(")")[2].split()
        if not fields:
            return None
        return Process(
            cpu_seconds=sum(map(int, fields[11:15])) / self._ticks,
            virtual=int(fields[20]),
            resident=int(fields[21]) * self._page,
            open_fds=self._open_fds(name),
            max_fds=self._max_fds(name),
        )

    def _machine_memory(self) -> Memory:
        facts = dict(line.split(":", 1) for line in self._text("meminfo").splitlines())
        if "MemAvailable" in facts:
            total, available = (int(facts[name].split()[0]) * _KIB for name in ("MemTotal", "MemAvailable"))
            return Memory(total, total - available)
        # systemd's ProcSubset=pid hides the file: then we know the machine's size and our own use alone.
        ours = self.process()
        return Memory(os.sysconf("SC_PHYS_PAGES") * self._page, 0 if ours is None else ours.resident)

    def _open_fds(self, process: str) -> int | None:
        try:
            found = len(os.listdir(self._proc / process / "fd"))  # noqa: PTH208 - twice as fast as a Path each
        except OSError:
            return None
        # Listing this process's own descriptors opens one more.
        return found - 1 if process == "self" else found

    def _max_fds(self, process: str) -> int | None:
        for line in self._text(f"{process}/limits").splitlines():
            if line.startswith("Max open files"):
                soft = line.split()[3]
                return int(soft) if soft.isdigit() else None
        return None

    def _table(self, name: str) -> Iterator[list[str]]:
        return (line.split() for line in self._text(name).splitlines())

    def _text(self, name: str) -> str:
        try:
            return (self._proc / name).read_text(errors="replace")
        except OSError:
            return ""
