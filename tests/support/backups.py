"""Commands on a SQLite file with items and vessels, and what is in it."""

import asyncio
import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from estuary.backups.record_lines import Lines
from estuary.core.items import ITEMS
from estuary.stores.sqlite import SqliteStore
from tests.support.process import environment_of
from tests.support.resources import VESSELS

BOTH = {"RESOURCES": "estuary.core.items:ITEMS,tests.support.resources:VESSELS"}
SQLITE = {"DATABASE_URL": "sqlite:///data/estuary.db"}
ROOT = str(Path(__file__).parents[2])
SHIP = "0192a1b2-0000-7000-8000-000000000001"


def variables(**more: str) -> dict[str, str]:
    """The environment of a command on the SQLite file of its folder, with both resources."""
    return environment_of({**SQLITE, **BOTH, "PYTHONPATH": ROOT, **more})


def estuary(
    directory: Path, *arguments: str | Path, given: bytes = b"", **more: str
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end in `directory`."""
    done = subprocess.run(
        [sys.executable, "-m", "estuary", *arguments],
        cwd=directory,
        env=variables(**more),
        input=given,
        capture_output=True,
        timeout=60,
        check=False,
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


def item_lines(count: int) -> bytes:
    """Lines of `count` items, by hand."""
    lines = ({"resource": "items", "value": {"name": f"item {number}"}} for number in range(count))
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def records(directory: Path) -> list[dict[str, Any]]:
    """Every record of the store, as a line has it; looked up without the command, which is slower."""

    async def dumped() -> bytes:
        store = SqliteStore(directory / "data/estuary.db", [ITEMS, VESSELS])
        lines = Lines([ITEMS, VESSELS], new_id=str, now=datetime.now)
        reported = b""
        async with store.snapshot() as snapshot:
            for each in (ITEMS, VESSELS):
                reported += b"".join([lines.encode(each, batch) async for batch in snapshot.records(each)])
        return reported

    return [json.loads(line) for line in asyncio.run(dumped()).splitlines()]
