"""The README's quick start is what really happens, command by command."""

import itertools
import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.support.console import ADDRESS, CONSOLE, without_what_differs
from tests.support.http import get
from tests.support.process import Server, serving
from tests.support.programs import require

README = Path(__file__).parents[2] / "README.md"


def section(title: str) -> str:
    """The README under one of its headings."""
    return README.read_text().partition(f"## {title}\n")[2].partition("\n## ")[0]


def curls(text: str) -> Iterator[tuple[str, str]]:
    """Each `curl` command in `text`, and the line that it is said to print."""
    for block in CONSOLE.findall(text):
        lines = block.splitlines()
        for command, printed in itertools.pairwise(lines):
            if command.startswith("$ curl "):
                yield command.removeprefix("$ "), printed


def assert_it_prints(text: str, server: Server) -> None:
    """The commands in `text`, when typed, give the same answers, but for ids and times."""
    curl = require("curl", shutil.which("curl"))
    commands = list(curls(text))
    assert [] != commands
    for command, printed in commands:
        arguments = shlex.split(command.replace(ADDRESS, f"127.0.0.1:{server.port}"))[1:]
        done = subprocess.run(
            [curl, "--silent", *arguments], capture_output=True, text=True, check=True, timeout=30
        )
        expected = without_what_differs(json.loads(printed))
        assert expected == without_what_differs(json.loads(done.stdout)), command


def test_the_quick_start_prints_what_the_readme_says(tmp_path: Path) -> None:
    """From a fresh SQLite file."""
    with serving(tmp_path, {"DATABASE_TYPE": "sqlite"}) as server:
        assert_it_prints(section("Quick start"), server)


def test_a_resource_of_ones_own_is_served_as_the_readme_says(tmp_path: Path) -> None:
    """Declared and started as it is typed: instead of `items`, or beside it where both are named."""
    text = section("A resource of your own")
    (declaration,) = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    (tmp_path / "shop.py").write_text(declaration)
    (typed,) = re.findall(r"^\$ PYTHONPATH=\. RESOURCES=(\S+) make run$", text, re.MULTILINE)
    (both,) = re.findall(r"^`RESOURCES=(\S+)`", text, re.MULTILINE)
    assert set(typed.split(",")) < set(both.split(","))
    variables = {"DATABASE_TYPE": "sqlite", "PYTHONPATH": "."}
    with serving(tmp_path, {**variables, "RESOURCES": typed}) as server:
        assert_it_prints(text, server)
        assert (404, 200) == tuple(get(server, f"/api/v1/{name}").status for name in ("items", "books"))
    with serving(tmp_path, {**variables, "RESOURCES": both}) as server:
        assert (200, 200) == tuple(get(server, f"/api/v1/{name}").status for name in ("items", "books"))
