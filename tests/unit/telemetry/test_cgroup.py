"""Cgroup: the limits that hold for this process, wherever on the way to the root they are set."""

import math
from pathlib import Path

from estuary.telemetry.cgroup import Cgroup
from estuary.telemetry.readings import Memory

MIB = 1024 * 1024
UNLIMITED_V1 = "9223372036854771712"


def write(folder: Path, **files: str) -> None:
    """Write files whose names have "__" for a dot."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text + "\n")


def test_version_2_limits_a_container(tmp_path: Path) -> None:
    """Inside its own namespace a container's group is the root; inactive page cache is not in use."""
    write(
        tmp_path,
        memory__max=str(512 * MIB),
        memory__current=str(300 * MIB),
        memory__stat=f"anon {100 * MIB}\nfile {150 * MIB}\ninactive_file {120 * MIB}",
        cpu__max="150000 100000",
    )
    cgroup = Cgroup("0::/\n", tmp_path)
    assert Memory(512 * MIB, 180 * MIB) == cgroup.memory()
    assert 1.5 == cgroup.cpus()


def test_version_2_without_limits_limits_nothing(tmp_path: Path) -> None:
    """`max` means all there is; the root of the machine has no such files at all."""
    write(tmp_path / "system.slice", memory__max="max", memory__current="1", cpu__max="max 100000")
    cgroup = Cgroup("0::/system.slice\n", tmp_path)
    assert cgroup.memory() is None
    assert math.inf == cgroup.cpus()


def test_the_tightest_limit_on_the_way_counts(tmp_path: Path) -> None:
    """A slice around the service may be tighter than the service's own limit, and is used by others too."""
    write(
        tmp_path / "pod",
        memory__max=str(256 * MIB),
        memory__current=str(200 * MIB),
        memory__stat="inactive_file 0",
        cpu__max="50000 100000",
    )
    write(
        tmp_path / "pod" / "container",
        memory__max=str(512 * MIB),
        memory__current=str(10 * MIB),
        cpu__max="200000 100000",
    )
    cgroup = Cgroup("0::/pod/container\n", tmp_path)
    assert Memory(256 * MIB, 200 * MIB) == cgroup.memory()
    assert 0.5 == cgroup.cpus()


def test_version_1_limits_a_container(tmp_path: Path) -> None:
    """Version 1 has a hierarchy for each controller; the path of the host is not mounted inside."""
    write(
        tmp_path / "memory",
        memory__limit_in_bytes=str(128 * MIB),
        memory__usage_in_bytes=str(100 * MIB),
        memory__stat=f"cache 5\ntotal_inactive_file {30 * MIB}",
    )
    write(tmp_path / "cpu,cpuacct", cpu__cfs_quota_us="250000", cpu__cfs_period_us="100000")
    membership = "4:memory:/docker/0123\n3:cpu,cpuacct:/docker/0123\n1:name=systemd:/docker/0123\n"
    cgroup = Cgroup(membership, tmp_path)
    assert Memory(128 * MIB, 70 * MIB) == cgroup.memory()
    assert 2.5 == cgroup.cpus()


def test_version_1_without_limits_limits_nothing(tmp_path: Path) -> None:
    """A quota of -1 means no quota, and the memory limit is far beyond any machine."""
    write(
        tmp_path / "memory",
        memory__limit_in_bytes=UNLIMITED_V1,
        memory__usage_in_bytes="1",
        memory__stat="total_inactive_file 0",
    )
    write(tmp_path / "cpu", cpu__cfs_quota_us="-1", cpu__cfs_period_us="100000")
    cgroup = Cgroup("4:memory:/\n1:cpu:/\n0::/\n", tmp_path)
    assert Memory(int(UNLIMITED_V1), 1) == cgroup.memory()
    assert math.inf == cgroup.cpus()


def test_both_versions_side_by_side(tmp_path: Path) -> None:
    """In a hybrid layout version 2 is mounted aside; whatever either of them limits counts."""
    write(tmp_path / "unified")
    write(tmp_path / "memory" / "job", memory__limit_in_bytes=str(64 * MIB), memory__usage_in_bytes="7")
    assert Memory(64 * MIB, 7) == Cgroup("4:memory:/job\n0::/\n", tmp_path).memory()
    write(tmp_path / "unified" / "job", cpu__max="100000 100000")
    assert 1.0 == Cgroup("4:memory:/job\n0::/job\n", tmp_path).cpus()


def test_a_path_outside_of_the_namespace_is_read_at_the_root(tmp_path: Path) -> None:
    """A process moved into another namespace sees `..` in its path; nothing outside the mount is read."""
    write(tmp_path.parent, memory__max="1", memory__current="1")
    write(tmp_path, memory__max=str(MIB), memory__current="5")
    assert Memory(MIB, 5) == Cgroup("0::/../other\n", tmp_path).memory()


def test_cache_beyond_the_usage_is_no_negative_use(tmp_path: Path) -> None:
    """The files are read one after the other: figures that do not fit together never go below zero."""
    write(tmp_path, memory__max=str(MIB), memory__current="5", memory__stat="inactive_file 9")
    assert Memory(MIB, 0) == Cgroup("0::/\n", tmp_path).memory()


def test_without_control_groups_nothing_is_limited(tmp_path: Path) -> None:
    """A system without them, or one that hides them, is no error."""
    for membership in ("", "0::/x\n"):
        cgroup = Cgroup(membership, tmp_path / "absent")
        assert cgroup.memory() is None
        assert math.inf == cgroup.cpus()
