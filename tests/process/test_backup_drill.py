"""The restore drill of docs/backups.md works as it is written."""

import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.support.process import environment_of, serving

DOCUMENT = Path(__file__).parents[2] / "docs/backups.md"


def drill() -> list[str]:
    """The commands of the drill, in their order."""
    section = DOCUMENT.read_text().partition("## The drill")[2].partition("\n## ")[0]
    (block,) = re.findall(r"^```console\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    return [line.removeprefix("$ ") for line in block.splitlines()]


@pytest.mark.long
def test_the_drill_shows_that_backups_can_be_restored(tmp_path: Path) -> None:
    """Typed beside a running service, every command ends well, and the folder is as it was before."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "estuary").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m estuary "$@"\n')
    (programs / "estuary").chmod(0o755)
    environment = environment_of({"DATABASE_URL": "sqlite:///data/estuary.db"})
    environment["PATH"] = f"{programs}:{environment['PATH']}"
    with serving(tmp_path, environment) as server:
        for name in ("one", "two"):
            httpx.post(f"{server.origin}/api/v1/items", json={"name": name}).raise_for_status()
        before = {path.name for path in tmp_path.iterdir()}
        for command in drill():
            done = subprocess.run(
                ["sh", "-c", command],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert 0 == done.returncode, f"{command}: {done.stderr}"
            if " restore " in command:
                assert "2 records (2 of items)" in done.stdout
    assert 6 == len(drill())
    assert before == {path.name for path in tmp_path.iterdir()}
