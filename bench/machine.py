"""What a run ran on: without it a figure means nothing to anybody else."""

import os
import platform
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

import msgspec
import psutil

from bench.contenders.contender import ROOT, SCRATCH

PACKAGES = (
    "estuary-service",
    "granian",
    "msgspec",
    "uvloop",
    "sqlalchemy",
    "fastapi",
    "starlette",
    "pydantic",
    "uvicorn",
)


class Machine(msgspec.Struct, frozen=True):
    """The hardware and the system; `load_average` is of the minute before the run."""

    processor: str
    cores: int
    memory_gib: float
    system: str
    filesystem: str
    load_average: float


def describe() -> Machine:
    """The machine, now."""
    return Machine(
        processor=_processor(),
        cores=os.cpu_count() or 1,
        memory_gib=round(psutil.virtual_memory().total / 2**30, 1),
        system=f"{platform.system()} {platform.release()}",
        filesystem=_filesystem(SCRATCH if SCRATCH.exists() else ROOT),
        load_average=round(os.getloadavg()[0], 2),
    )


def versions() -> dict[str, str]:
    """The versions of everything that takes part."""
    found = {"python": platform.python_version()}
    found.update({package: version(package) for package in PACKAGES})
    found["wrk"] = _first_line("wrk", "--version").removeprefix("wrk ").partition(" [")[0]
    found["nginx"] = _first_line("nginx", "-v").rpartition("/")[2]
    return {name: text for name, text in found.items() if text}


def commit() -> str:
    """The commit that is checked out, marked `+` where the source differs from it."""
    head = _first_line("git", "rev-parse", "--short=12", "HEAD")
    return head + ("+" if _first_line("git", "status", "--porcelain", "--", "src") else "")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _filesystem(folder: Path) -> str:
    """The type of the file system that holds the databases: what a durable write waits for."""
    mounts = [part for part in psutil.disk_partitions(all=True) if folder.is_relative_to(part.mountpoint)]
    return max(mounts, key=lambda part: len(part.mountpoint)).fstype if mounts else "unknown"


def _first_line(*command: str) -> str:
    path = os.environ.get("PATH", os.defpath) + ":/usr/sbin"
    if shutil.which(command[0], path=path) is None:
        return ""
    finished = subprocess.run(
        command,
        cwd=ROOT,
        env={"PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return finished.stdout.strip().partition("\n")[0]
