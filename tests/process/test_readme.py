"""The README's quick start is what really happens, command by command."""

import itertools
import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.process import serving
from tests.support.programs import require

README = Path(__file__).parents[2] / "README.md"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ADDRESS = "localhost:3000"
DIFFERENT_EVERY_TIME = {"id", "created_at", "updated_at", "timestamp", "request_id"}


def quick_start() -> Iterator[tuple[str, str]]:
    """Each `curl` command of the quick start, and the line that it is said to print."""
    start = README.read_text().partition("## Quick start")[2].partition("\n## ")[0]
    for block in BLOCK.findall(start):
        lines = block.splitlines()
        for command, printed in itertools.pairwise(lines):
            if command.startswith("$ curl "):
                yield command.removeprefix("$ "), printed


def without_what_differs(told: Any) -> Any:
    """The JSON document `told` with a mark in place of ids and times."""
    match told:
        case dict():
            return {
                key: "…" if key in DIFFERENT_EVERY_TIME else without_what_differs(value)
                for key, value in told.items()
            }
        case list():
            return [without_what_differs(value) for value in told]
        case _:
            return told


def test_the_quick_start_prints_what_the_readme_says(tmp_path: Path) -> None:
    """Whoever types the commands sees the same answers, but for ids and times, from a fresh SQLite file."""
    curl = require("curl", shutil.which("curl"))
    commands = list(quick_start())
    assert [] != commands
    with serving(tmp_path, {"DATABASE_TYPE": "sqlite"}) as server:
        for command, printed in commands:
            arguments = shlex.split(command.replace(ADDRESS, f"127.0.0.1:{server.port}"))[1:]
            done = subprocess.run(
                [curl, "--silent", *arguments], capture_output=True, text=True, check=True, timeout=30
            )
            expected = without_what_differs(json.loads(printed))
            assert expected == without_what_differs(json.loads(done.stdout)), command
