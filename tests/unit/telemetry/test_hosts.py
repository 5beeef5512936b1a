"""Hosts: what both say of the machine that runs this test, and what Linux says of files laid out for it."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from estuary.telemetry.linux import Linux
from estuary.telemetry.portable import Portable
from estuary.telemetry.readings import Disk, Host, Memory, Network
from estuary.telemetry.system import this_host
from tests.support.process import until

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")

STAT = "7 (est) (uary) S 1 " + " ".join(str(n) for n in range(5, 53))
"""Each field holds its own number, as proc(5) counts them; the name has parentheses in it."""


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A `/proc` with everything in it that is read."""
    files = {
        "meminfo": "MemTotal:  1000 kB\nMemFree: 10 kB\nMemAvailable:  400 kB\n",
        "stat": "cpu  100 200 300 400 500 600 700 800 0 0\ncpu0 1 2 3 4 5 6 7 8\n",
        "loadavg": "0.25 0.50 0.75 1/100 4321\n",
        "diskstats": "254 0 vda 1 2 30 4 5 6 70 8\n7 0 loop0 1 2 3 4 5 6 7 8\n",
        "self/stat": STAT,
        "self/cgroup": "0::/\n",
        "self/net/dev": (
            "Inter-| Receive | Transmit\n face |bytes packets |bytes packets\n"
            "    lo: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
            "  eth0:11 2 3 4 5 6 7 8 99 10 11 12 13 14 15 16\n"
        ),
        "self/limits": "Limit     Soft Limit  Hard Limit  Units\nMax open files  1024  4096  files\n",
        "self/fd/0": "",
        "self/fd/1": "",
        "self/fd/2": "",
    }
    for name, text in files.items():
        path = tmp_path / "proc" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "proc"


def linux(proc: Path) -> Linux:
    """A Linux with the given `/proc` and the control groups beside it."""
    return Linux(proc, proc.parent / "cgroup")


def test_memory_is_what_is_not_available(proc: Path) -> None:
    """Page cache that can be had back does not count as used."""
    assert Memory(1000 * 1024, 600 * 1024) == linux(proc).memory()


@pytest.mark.parametrize(
    ("limit", "expected"), [(2048, Memory(2048, 7)), (2**63, Memory(1000 * 1024, 600 * 1024))]
)
def test_a_containers_limit_replaces_the_machines_memory(proc: Path, limit: int, expected: Memory) -> None:
    """If it is lower than what the machine has; a higher one limits nothing."""
    cgroup = proc.parent / "cgroup"
    cgroup.mkdir()
    (cgroup / "memory.max").write_text(f"{limit}\n")
    (cgroup / "memory.current").write_text("7\n")
    assert expected == linux(proc).memory()


@linux_only
@pytest.mark.parametrize(
    ("quota", "expected"), [("50000 100000", 1), ("100000 100000", 1), ("max 100000", None)]
)
def test_a_quota_bounds_the_processors(proc: Path, quota: str, expected: int | None) -> None:
    """At least one, at most what the scheduler may give us."""
    (proc.parent / "cgroup").mkdir()
    (proc.parent / "cgroup" / "cpu.max").write_text(quota)
    assert (expected or len(os.sched_getaffinity(0))) == linux(proc).cpu_count()


def test_the_machines_figures(proc: Path) -> None:
    """Ticks become seconds, sectors bytes; loop devices and the loopback are left out."""
    host = linux(proc)
    tick = os.sysconf("SC_CLK_TCK")
    modes = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
    assert {mode: 100 * n / tick for n, mode in enumerate(modes, 1)} == host.cpu_seconds()
    assert 0.25 == host.load1()
    assert {"vda": Disk(30 * 512, 70 * 512)} == host.disks()
    assert {"eth0": Network(11, 99)} == host.networks()


def test_the_process(proc: Path) -> None:
    """Fields 14 to 17 are ticks, its own and dead children's; 23 is bytes, 24 pages; names shift none."""
    process = linux(proc).process()
    assert process is not None
    assert ((14 + 15 + 16 + 17) / os.sysconf("SC_CLK_TCK"), 23) == (process.cpu_seconds, process.virtual)
    assert 24 * os.sysconf("SC_PAGE_SIZE") == process.resident
    assert (2, 1024) == (process.open_fds, process.max_fds)


def test_no_limit_of_files_is_absent(proc: Path) -> None:
    """`unlimited` is no number."""
    (proc / "self/limits").write_text("Max open files  unlimited  unlimited  files\n")
    process = linux(proc).process()
    assert process is not None
    assert process.max_fds is None


@linux_only
def test_a_confined_service_still_reads_what_is_its_own(proc: Path) -> None:
    """With ProcSubset=pid systemd leaves processes alone: no figure is an error, memory is our own."""
    for name in ("meminfo", "stat", "loadavg", "diskstats", "self/net/dev", "self/limits", "self/cgroup"):
        (proc / name).unlink()
    host = linux(proc)
    assert psutil.virtual_memory().total == pytest.approx(host.memory().total, rel=0.05)
    process = host.process()
    assert process is not None
    assert process.resident == host.memory().used
    assert (None, {}, {}, {}) == (host.load1(), host.cpu_seconds(), host.disks(), host.networks())
    assert host.cpu_count() >= 1


@linux_only
def test_linux_and_psutil_agree() -> None:
    """Two independent readers of this very process find the same."""
    ours, theirs = Linux(), psutil.Process()
    process, memory = ours.process(), theirs.memory_info()
    assert process is not None
    assert theirs.num_fds() - 1 == process.open_fds  # psutil counts the one it opens to count
    assert memory.rss == pytest.approx(process.resident, rel=0.1)
    assert memory.vms == pytest.approx(process.virtual, rel=0.1)
    assert sum(theirs.cpu_times()[:4]) == pytest.approx(process.cpu_seconds, abs=0.5)
    assert psutil.disk_io_counters(perdisk=True).keys() >= ours.disks().keys()
    assert psutil.net_io_counters(pernic=True).keys() - {"lo"} == ours.networks().keys()


@pytest.mark.parametrize("make", [this_host, Portable])
def test_other_processes_are_read_as_well(make: type[Portable]) -> None:
    """Of a service with several, each is asked by its id; one that is gone is nothing to stumble over."""
    host: Host = make()
    child = subprocess.Popen(["sleep", "60"])
    try:
        # Before it becomes `sleep` it has its parent's memory, and for a moment none.
        process = psutil.Process(child.pid)
        until(lambda: process.name() == "sleep" and process.status() == psutil.STATUS_SLEEPING)
        other = host.process(child.pid)
        assert other is not None
        assert 0 < other.resident <= other.virtual
    finally:
        child.kill()
        child.wait()
    assert host.process(child.pid) is None


@pytest.mark.parametrize("make", [this_host, Portable])
def test_every_host_tells_of_this_machine(make: type[Portable]) -> None:
    """Figures are there and make sense, on any system that Estuary runs on."""
    host: Host = make()
    memory, process = host.memory(), host.process()
    assert process is not None
    assert 0 < memory.used < memory.total
    assert host.cpu_count() >= 1
    assert (host.load1() or 0.0) >= 0.0
    assert host.cpu_seconds()["user"] > 0.0
    assert 0 < process.resident <= process.virtual
    assert process.cpu_seconds > 0.0
    assert all(disk.read >= 0 and disk.written >= 0 for disk in host.disks().values())
    assert all(network.received >= 0 and network.sent >= 0 for network in host.networks().values())
