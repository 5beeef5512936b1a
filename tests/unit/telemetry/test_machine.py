"""Machine: readings become families, and a missing one is missing, not wrong."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from estuary.core.ports import SystemMonitor, SystemReading
from estuary.telemetry.machine import Machine
from estuary.telemetry.readings import Disk, Memory, Network, Process
from estuary.telemetry.system import CachedSystemMonitor
from tests.unit.telemetry.clocks import HandClock

MIB = 1024 * 1024


class SmallHost:
    """A host with a quarter of its memory in use, which counts how often it is asked for it."""

    def __init__(self, process: Process, load: float | None = 0.5) -> None:
        self.asked = 0
        self._process = process
        self._load = load

    def memory(self) -> Memory:
        """A quarter of 512 MiB, and a MiB more each time."""
        self.asked += 1
        return Memory(512 * MIB, (127 + self.asked) * MIB)

    def cpu_count(self) -> int:
        """Three."""
        return 3

    def cpu_seconds(self) -> Mapping[str, float]:
        """Two modes."""
        return {"user": 1.5, "idle": 2.5}

    def load1(self) -> float | None:
        """What it was made with."""
        return self._load

    def disks(self) -> Mapping[str, Disk]:
        """One."""
        return {"vda": Disk(1, 2)}

    def networks(self) -> Mapping[str, Network]:
        """One."""
        return {"eth0": Network(3, 4)}

    def process(self, pid: int | None = None) -> Process | None:
        """What it was made with; there is no process 13."""
        return None if pid == 13 else self._process


def values(machine: Machine) -> dict[tuple[str, ...], float]:
    """Every sample by its name and label values."""
    return {
        (family.name, *(value for _, value in sample.labels)): sample.value
        for family in machine()
        for sample in family.samples
    }


def test_every_reading_is_told() -> None:
    """Each figure under its name and label."""
    machine = Machine(SmallHost(Process(1.25, 10, 20, 30, 40)), started_at=99.0, folder=None)
    assert {
        ("process_cpu_seconds_total",): 1.25,
        ("process_resident_memory_bytes",): 10,
        ("process_virtual_memory_bytes",): 20,
        ("process_start_time_seconds",): 99.0,
        ("process_open_fds",): 30,
        ("process_max_fds",): 40,
        ("system_memory_total_bytes",): 512 * MIB,
        ("system_memory_used_bytes",): 128 * MIB,
        ("system_memory_usage_ratio",): 0.25,
        ("system_cpus",): 3,
        ("system_cpu_seconds_total", "user"): 1.5,
        ("system_cpu_seconds_total", "idle"): 2.5,
        ("system_load1",): 0.5,
        ("system_disk_read_bytes_total", "vda"): 1,
        ("system_disk_written_bytes_total", "vda"): 2,
        ("system_network_receive_bytes_total", "eth0"): 3,
        ("system_network_transmit_bytes_total", "eth0"): 4,
    } == values(machine)


def test_the_processes_of_a_service_are_added_up() -> None:
    """A worker that has just died is no longer among them."""
    host = SmallHost(Process(1.25, 10, 20, 30, 40))
    machine = Machine(host, started_at=99.0, folder=None, processes=lambda: (None, 12, 13))
    reported = values(machine)
    assert (2.5, 20, 40) == (
        reported["process_cpu_seconds_total",],
        reported["process_resident_memory_bytes",],
        reported["process_virtual_memory_bytes",],
    )
    assert (60, 80) == (reported["process_open_fds",], reported["process_max_fds",])


def test_what_cannot_be_read_is_left_out() -> None:
    """A zero would be a lie."""
    host = SmallHost(Process(1.25, 10, 20, None, None), load=None)
    names = {name for name, *_ in values(Machine(host, started_at=99.0, folder=None))}
    assert set() == names & {"process_open_fds", "process_max_fds", "system_load1"}


def test_the_data_folders_file_system_is_told(tmp_path: Path) -> None:
    """By where it is mounted, also for a folder that is made only later."""
    host = SmallHost(Process(1.25, 10, 20, 30, 40))
    folder = tmp_path / "data"
    machine = Machine(host, started_at=99.0, folder=folder)
    assert {} == {key: value for key, value in values(machine).items() if "filesystem" in key[0]}
    folder.mkdir()
    size, free = (value for key, value in values(machine).items() if "filesystem" in key[0])
    assert 0 <= free <= size
    (mountpoint,) = {key[1] for key in values(machine) if "filesystem" in key[0]}
    assert os.path.ismount(mountpoint)
    assert tmp_path.is_relative_to(mountpoint)


def test_a_reading_lasts_a_second() -> None:
    """Probes within a second share a reading; the next one is fresh."""
    clock, host = HandClock(), SmallHost(Process(1.25, 10, 20, 30, 40))
    monitor: SystemMonitor = CachedSystemMonitor(host, clock)
    first = monitor.read()
    assert SystemReading(128.0, 512.0, 25.0, 3) == first
    clock.seconds += 0.999
    assert first is monitor.read()
    assert 1 == host.asked
    clock.seconds += 0.001
    assert pytest.approx(129.0) == monitor.read().memory_used_mb
    clock.seconds += 0.5
    assert pytest.approx(129.0) == monitor.read().memory_used_mb
    assert 2 == host.asked
