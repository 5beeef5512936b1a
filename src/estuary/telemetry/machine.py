"""Machine: the host's readings as metric families, taken at each scrape."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from estuary.telemetry.readings import Host, Process
from estuary.telemetry.registry import Family, Sample


class Machine:
    """Collects the standard `process_*` metrics and the `system_*` ones.

    `started_at` is when the service started, in seconds since the epoch; `folder` holds the store's
    data, and its file system is the one reported (None: no file system is). `processes` gives the ids of
    the service's processes, whose figures are added up; memory that they share counts in each.
    """

    def __init__(
        self,
        host: Host,
        *,
        started_at: float,
        folder: Path | None,
        processes: Callable[[], Sequence[int | None]] = lambda: (None,),
    ) -> None:
        self._host = host
        self._processes = processes
        self._started_at = started_at
        self._folder = folder
        self._mountpoint = "" if folder is None else _mountpoint(folder)

    def __call__(self) -> Iterator[Family]:
        """Every family, read now."""
        yield from self._process()
        yield from self._memory_and_processors()
        yield from self._traffic()
        yield from self._file_system()

    def _process(self) -> Iterator[Family]:
        process = self._all_processes()
        yield _counter(
            "process_cpu_seconds_total",
            "User and system processor time spent, in seconds.",
            process.cpu_seconds,
        )
        yield _gauge("process_resident_memory_bytes", "Resident memory, in bytes.", process.resident)
        yield _gauge("process_virtual_memory_bytes", "Virtual memory, in bytes.", process.virtual)
        yield _gauge(
            "process_start_time_seconds",
            "Start of the service, in seconds since the epoch.",
            self._started_at,
        )
        if process.open_fds is not None:
            yield _gauge("process_open_fds", "Open file descriptors.", process.open_fds)
        if process.max_fds is not None:
            yield _gauge("process_max_fds", "The most file descriptors that may be open.", process.max_fds)

    def _all_processes(self) -> Process:
        read = [process for pid in self._processes() if (process := self._host.process(pid)) is not None]
        return Process(
            cpu_seconds=sum(each.cpu_seconds for each in read),
            resident=sum(each.resident for each in read),
            virtual=sum(each.virtual for each in read),
            open_fds=_sum_of_known(each.open_fds for each in read),
            max_fds=_sum_of_known(each.max_fds for each in read),
        )

    def _memory_and_processors(self) -> Iterator[Family]:
        memory = self._host.memory()
        yield _gauge("system_memory_total_bytes", "Memory of the machine or container.", memory.total)
        yield _gauge("system_memory_used_bytes", "Memory in use, page cache left out.", memory.used)
        yield _gauge("system_memory_usage_ratio", "Memory in use, from 0 to 1.", memory.used / memory.total)
        yield _gauge("system_cpus", "Processors that the service may keep busy.", self._host.cpu_count())
        yield _by_label(
            "system_cpu_seconds_total",
            "counter",
            "Processor time of the machine by mode, in seconds.",
            "mode",
            self._host.cpu_seconds(),
        )
        load1 = self._host.load1()
        if load1 is not None:
            yield _gauge("system_load1", "Load average over one minute.", load1)

    def _traffic(self) -> Iterator[Family]:
        disks, networks = self._host.disks(), self._host.networks()
        for name, help_text, values in (
            (
                "system_disk_read_bytes_total",
                "Bytes read by device.",
                {k: d.read for k, d in disks.items()},
            ),
            (
                "system_disk_written_bytes_total",
                "Bytes written by device.",
                {k: d.written for k, d in disks.items()},
            ),
            (
                "system_network_receive_bytes_total",
                "Bytes received by device.",
                {k: n.received for k, n in networks.items()},
            ),
            (
                "system_network_transmit_bytes_total",
                "Bytes sent by device.",
                {k: n.sent for k, n in networks.items()},
            ),
        ):
            yield _by_label(name, "counter", help_text, "device", values)

    def _file_system(self) -> Iterator[Family]:
        if self._folder is None:
            return
        try:
            found = os.statvfs(self._folder)
        except OSError:
            return
        for name, help_text, value in (
            (
                "system_filesystem_size_bytes",
                "Size of the file system of the data folder, or of the program's, where no data is kept.",
                found.f_blocks * found.f_frsize,
            ),
            (
                "system_filesystem_free_bytes",
                "Bytes free to the service on that file system.",
                found.f_bavail * found.f_frsize,
            ),
        ):
            yield _by_label(name, "gauge", help_text, "mountpoint", {self._mountpoint: value})


def _sum_of_known(values: Iterable[int | None]) -> int | None:
    """The sum, None if a part of it is unknown."""
    known = list(values)
    return None if None in known else sum(value for value in known if value is not None)


def _mountpoint(folder: Path) -> str:
    """Where the file system that holds `folder` is mounted."""
    path = folder.absolute()
    while not os.path.ismount(path) and path != path.parent:
        path = path.parent
    return str(path)


def _gauge(name: str, help_text: str, value: float) -> Family:
    return Family(name, "gauge", help_text, (Sample("", (), value),))


def _counter(name: str, help_text: str, value: float) -> Family:
    return Family(name, "counter", help_text, (Sample("", (), value),))


def _by_label(name: str, kind: str, help_text: str, label: str, values: Mapping[str, float]) -> Family:
    samples = [Sample("", ((label, key),), value) for key, value in values.items()]
    return Family(name, kind, help_text, samples)
