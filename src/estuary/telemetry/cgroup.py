"""Cgroup: the limits of the container that this process runs in, version 1 and 2.

Sources: the kernel's admin-guide/cgroup-v2 and admin-guide/cgroup-v1/memory.
"""

import math
from pathlib import Path

from estuary.telemetry.readings import Memory


class Cgroup:
    """The control groups of this process below `sys` (the mount `/sys/fs/cgroup`).

    `membership` is the text of `/proc/self/cgroup`. A group may be limited by itself or by any group
    around it, so each figure is the tightest on the way to the root. Inside a container the
    membership may name the host's path, which is not mounted there; what is mounted counts then.
    """

    def __init__(self, membership: str, sys: Path = Path("/sys/fs/cgroup")) -> None:
        paths = _paths(membership)
        self._unified: list[Path] = []
        self._memory: list[Path] = []
        self._cpu: list[Path] = []
        if "memory" in paths:
            self._memory = _groups(sys / "memory", paths["memory"])
        if "cpu" in paths:
            self._cpu = _groups(sys / "cpu", paths["cpu"]) or _groups(sys / "cpu,cpuacct", paths["cpu"])
        if "" in paths:
            mount = sys / "unified" if (sys / "unified").is_dir() else sys
            self._unified = _groups(mount, paths[""])

    def memory(self) -> Memory | None:
        """The tightest memory limit and what the group under it uses; None without a limit.

        Inactive page cache counts as free, as the kubelet and `docker stats` have it: the kernel gives it
        back before it kills anything.
        """
        limits = [
            *_memory_limits(self._unified, "memory.max", "memory.current", "inactive_file"),
            *_memory_limits(
                self._memory, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"
            ),
        ]
        return min(limits, key=lambda memory: memory.total, default=None)

    def cpus(self) -> float:
        """How many processors' time the tightest quota grants; infinite without one."""
        quotas = [
            *(_share(_words(group / "cpu.max")) for group in self._unified),
            *(
                _share([*_words(group / "cpu.cfs_quota_us"), *_words(group / "cpu.cfs_period_us")])
                for group in self._cpu
            ),
        ]
        return min(quotas, default=math.inf)


def _paths(membership: str) -> dict[str, str]:
    """The path of this process's group by controller; the unified hierarchy's controller is ""."""
    paths: dict[str, str] = {}
    for line in membership.splitlines():
        _, controllers, path = line.split(":", 2)
        paths.update(dict.fromkeys(controllers.split(","), path))
    return paths


def _groups(mount: Path, path: str) -> list[Path]:
    """The folders from the mount down to the group, as far as they exist."""
    parts = [part for part in path.split("/") if part not in ("", "..")]
    folders = [mount.joinpath(*parts[:depth]) for depth in range(len(parts) + 1)]
    return [folder for folder in folders if folder.is_dir()]


def _memory_limits(groups: list[Path], limit_file: str, usage_file: str, cache_field: str) -> list[Memory]:
    limits = []
    for group in groups:
        limit, usage = _number(group / limit_file), _number(group / usage_file)
        if limit is not None and usage is not None:
            cache = _statistics(group / "memory.stat").get(cache_field, 0)
            limits.append(Memory(limit, max(usage - cache, 0)))
    return limits


def _share(quota_and_period: list[str]) -> float:
    """Processors granted by a quota and its period in µs; "max" and -1 mean all there are."""
    if len(quota_and_period) != 2 or not quota_and_period[0].isdigit():
        return math.inf
    return int(quota_and_period[0]) / int(quota_and_period[1])


def _number(file: Path) -> int | None:
    words = _words(file)
    return int(words[0]) if len(words) == 1 and words[0].isdigit() else None


def _statistics(file: Path) -> dict[str, int]:
    words = _words(file)
    return dict(zip(words[::2], map(int, words[1::2]), strict=True))


def _words(file: Path) -> list[str]:
    try:
        return file.read_text().split()
    except OSError:
        return []
