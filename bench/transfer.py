"""How fast records come out of a store and into one, from the command's start to its end."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.apps.answers import DESCRIPTION, NAME
from bench.contenders.contender import SCRATCH
from bench.cores import pinned
from bench.process import minimal_environment
from bench.question import Settings
from bench.series import Series
from tests.support.servers.postgres import postgres_server

RECORDS = 200_000
_STORES = {"sqlite": "SQLite", "postgres": "PostgreSQL"}
_COMMANDS = {
    "import": ("import", "--replace", "records.jsonl"),
    "export": ("export", "exported.jsonl"),
    "backup": ("backup", "backup.jsonl"),
    "restore": ("restore", "--replace", "backup.jsonl"),
}


@dataclass(frozen=True)
class Transfer:
    """Records a second of `estuary import`, `export`, `backup` and `restore`, their start-up included."""

    name: str = "transfer"
    title: str = f"Move {RECORDS:,} items, in records a second"
    base: str = "sqlite-export"

    def measure(self, settings: Settings) -> list[Series]:
        """Fill each store, take everything out again, and put it back, round after round."""
        SCRATCH.mkdir(parents=True, exist_ok=True)
        measured: dict[str, list[float]] = {}
        with ExitStack() as stack:
            folder = Path(stack.enter_context(TemporaryDirectory(dir=SCRATCH)))
            (folder / "records.jsonl").write_bytes(b"".join(_lines()))
            server = stack.enter_context(postgres_server({"fsync": "on", "shared_buffers": "128MB"}))
            urls = {"sqlite": "sqlite:///data/estuary.db", "postgres": server.url}
            for _ in range(max(1, settings.rounds // 2)):
                for store, url in urls.items():
                    for subject, rate in _round(folder, url, settings.cores.server):
                        measured.setdefault(f"{store}-{subject}", []).append(rate)
        return [self._series(subject, values) for subject, values in measured.items()]

    def _series(self, subject: str, values: list[float]) -> Series:
        store, command = subject.split("-")
        label = f"{_STORES[store]}, estuary {command}"
        return Series(self.name, subject, label, "records/s", tuple(values), ours=True)


def _round(folder: Path, url: str, core: int) -> Iterator[tuple[str, float]]:
    """Each command once, and its rate."""
    for name in ("exported.jsonl", "backup.jsonl"):
        (folder / name).unlink(missing_ok=True)
    environment = {**minimal_environment(), "DATABASE_URL": url}
    for subject, arguments in _COMMANDS.items():
        begun = time.perf_counter()
        with pinned(core):
            subprocess.run(
                [sys.executable, "-m", "estuary", *arguments],
                cwd=folder,
                env=environment,
                check=True,
                capture_output=True,
            )
        yield subject, RECORDS / (time.perf_counter() - begun)


def _lines() -> Iterator[bytes]:
    line = json.dumps({"resource": "items", "value": {"name": NAME, "description": DESCRIPTION}})
    for _ in range(RECORDS):
        yield line.encode() + b"\n"
