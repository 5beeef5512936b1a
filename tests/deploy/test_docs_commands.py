"""Every block of commands in the documents is run, as its reader would, or says what it needs."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.support.documents import DOCUMENTS, NEEDS, ROOT, Block, blocks
from tests.support.process import HOST, Server, serving
from tests.support.programs import require

ADDRESS = "localhost:3000"
TESTED_BY_ITSELF = {
    "README.md": "tests/process/test_readme.py",
    "docs/access.md": "tests/process/test_access_guide.py",
    "docs/authentication.md": "tests/process/test_authentication_doc.py",
    "docs/development.md": "tests/process/test_init.py",
    "docs/hooks.md": "tests/process/test_hooks_guide.py",
    "docs/migrations.md": "tests/process/test_migrations_guide.py",
    "docs/profiling.md": "tests/process/test_profiling_doc.py",
    "docs/relations.md": "tests/process/test_relations_guide.py",
    "docs/resources.md": "tests/process/test_resources_guide.py",
    "docs/tutorial.md": "tests/process/test_tutorial.py",
    "docs/writes.md": "tests/process/test_writes_guide.py",
    "examples/shop/README.md": "tests/process/test_shop.py",
}
"""Documents whose commands another test runs, and compares with what is said to be printed."""

PATH = os.pathsep.join(
    [str(Path(sys.executable).parent), str(ROOT / ".tools/deploy/bin"), os.environ["PATH"], "/usr/sbin"]
)
SECONDS = 240
PROGRAM = re.compile(
    r"(?:^|[|;&] +)(?:[A-Z_]+=\S* +)*(curl|estuary|jq|kubectl|promtool|amtool|nginx|haproxy)\b",
    re.MULTILINE,
)
"""Programs at the beginning of a command that a machine may lack."""


COMMANDS = {"console", "sh"}
READ: dict[str, Callable[[str], Any]] = {
    "json": lambda text: [json.loads(line) for line in text.splitlines()],
    "python": lambda text: compile(text, "example", "exec"),
    "toml": tomllib.loads,
    "yaml": yaml.safe_load,
}
"""Languages that can be read without what they are for."""
TOLD = {
    "crontab": "a line of cron's",
    "nginx": "a part of a configuration; tests/deploy/test_proxies.py runs the whole",
    "pycon": "run by tests/process/test_client_guide.py",
    "promql": "run by tests/deploy/test_monitoring.py",
    "sql": "typed into the reader's database",
    "ts": "compiled and run by tests/process/test_client_guide.py",
    "text": "typed into somebody else's console: Redis's, CloudWatch's",
}
"""Languages that are run elsewhere, or nowhere here."""


def to_run(document: Path) -> list[Block]:
    """The blocks that need nothing."""
    return [block for block in blocks(document) if block.commands and block.needs is None]


WITH_COMMANDS = [
    document
    for document in DOCUMENTS
    if to_run(document) and str(document.relative_to(ROOT)) not in TESTED_BY_ITSELF
]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_block_needs_only_what_is_known(document: Path) -> None:
    """A misspelt need would keep a block from being run, silently."""
    assert set() == {block.needs for block in blocks(document)} - {None, *NEEDS}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_block_is_of_a_language_that_is_known(document: Path) -> None:
    """Commands are run or say what they need, data can be read; nothing hides in a block without a name."""
    reported = blocks(document)
    assert document.read_text().count("\n```") == 2 * len(reported)
    assert set() == {block.language for block in reported} - COMMANDS - READ.keys() - TOLD.keys()
    for block in reported:
        READ.get(block.language, str)(block.body)


@pytest.mark.parametrize(("document", "test"), TESTED_BY_ITSELF.items())
def test_what_is_left_to_another_test_is_done_there(document: str, test: str) -> None:
    """That test reads the document."""
    assert Path(document).name in (ROOT / test).read_text()


@pytest.mark.parametrize("document", WITH_COMMANDS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_commands_work(document: Path, tmp_path: Path) -> None:
    """One after the other, in a checkout where Estuary serves an item from SQLite: each exits with 0."""
    checkout(tmp_path)
    with serving(tmp_path, {"DATABASE_TYPE": "sqlite", "RATE_LIMIT_ENABLED": "true"}) as server:
        httpx.post(f"{server.origin}/api/v1/items", json={"name": "boat"}).raise_for_status()
        server.record("request served", status=201)
        (tmp_path / "estuary.log").write_text("\n".join(server.out.lines))
        for block in to_run(document):
            for command in block.commands:
                run(command, tmp_path, server)


def run(command: str, folder: Path, server: Server) -> None:
    """Run it in bash, every part of a pipe counting; the service stands where the document has it."""
    for program in PROGRAM.findall(command):
        require(program, shutil.which(program, path=PATH))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command.replace(ADDRESS, f"{HOST}:{server.port}")],
        cwd=folder,
        env={"PATH": PATH, "HOME": str(folder), "PORT": str(server.port), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert 0 == done.returncode, f"{command}\n{done.stdout}{done.stderr}"


def checkout(folder: Path) -> None:
    """What git has of the checkout, as a reader would have cloned it."""
    git = require("git", shutil.which("git"))
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)
