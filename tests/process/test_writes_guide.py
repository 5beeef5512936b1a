"""The guide to writes is what really happens, command by command."""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.console import ADDRESS, CONSOLE, without_what_differs
from tests.support.process import serving
from tests.support.programs import require

GUIDE = Path(__file__).parents[2] / "docs/writes.md"
UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b")


class Example(NamedTuple):
    """A command, and the lines of the answer that the guide shows."""

    command: str
    lines: list[str]


class Answer(NamedTuple):
    """Status line, header fields and body of an answer."""

    status: str
    fields: set[str]
    body: Any


def examples() -> Iterator[Example]:
    """Each command of the guide with what it is said to print."""
    for block in CONSOLE.findall(GUIDE.read_text()):
        for one in block.split("$ ")[1:]:
            command, *lines = one.splitlines()
            yield Example(command, lines)


def parsed(lines: list[str]) -> Answer:
    """An answer as `curl -i` prints it; the body is one line of JSON, or nothing."""
    status, *rest = [line for line in lines if line]
    body = json.loads(rest.pop()) if rest and rest[-1].startswith("{") else None
    return Answer(status.strip(), set(rest), without_what_differs(body))


def test_the_guide_prints_what_it_says(tmp_path: Path) -> None:
    """The commands, typed in, print these lines among the answers', but for ids and times."""
    curl = require("curl", shutil.which("curl"))
    told = list(examples())
    assert 7 == len(told)
    ids: dict[str, str] = {}
    with serving(tmp_path, {"DATABASE_TYPE": "sqlite"}) as server:
        for command, lines in told:
            typed = UUID.sub(lambda found: ids.get(found[0], found[0]), command)
            arguments = shlex.split(typed.replace(ADDRESS, f"127.0.0.1:{server.port}"))[1:]
            done = subprocess.run(
                [curl, "--silent", *arguments], capture_output=True, text=True, check=True, timeout=30
            )
            # The first id that an answer holds is the one that the guide has in its place.
            for said, found in zip(UUID.findall("\n".join(lines)), UUID.findall(done.stdout), strict=False):
                ids.setdefault(said, found)
            real = UUID.sub(
                lambda found: next((k for k, v in ids.items() if v == found[0]), "?"), done.stdout
            )
            expected, answer = parsed(lines), parsed(real.splitlines())
            assert (command, expected.status) == (command, answer.status)
            assert set() == expected.fields - answer.fields, command
            assert expected.body == answer.body, command
