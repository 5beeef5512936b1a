"""The example of a shop is what its README says: set up, served and asked as it is typed there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import estuary
from tests.support.console import Example, assert_it_prints, examples_in
from tests.support.documents import ROOT
from tests.support.process import PASSED_ON, serving
from tests.support.programs import require

SHOP = ROOT / "examples/shop"
README = (SHOP / "README.md").read_text()
SETTINGS = dict(line.split("=", 1) for line in (SHOP / ".env").read_text().splitlines())


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A copy of its folder."""
    return Path(shutil.copytree(SHOP, tmp_path / "shop", ignore=shutil.ignore_patterns("shop.db*")))


def set_up(shop: Path, commands: list[str]) -> dict[str, str]:
    """Type the commands that come before the service is asked; the variables that they export."""
    names = re.findall(r"^export ([A-Z]+)=", "\n".join(commands), re.MULTILINE)
    message = "; ".join(f'echo "{name}=${name}"' for name in names)
    done = subprocess.run(
        [require("bash", shutil.which("bash")), "-euc", "\n".join([*commands, message])],
        cwd=shop,
        env={
            **{name: os.environ[name] for name in PASSED_ON if name in os.environ},
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if line.split("=")[0] in names)


def test_the_readme_prints_what_it_says(shop: Path) -> None:
    """From a folder as it is in the repository: records, keys, the service, and each answer."""
    typed = list(examples_in(README))
    commands = [each.command for each in typed if not each.command.startswith("curl ")]
    assert "estuary serve &" == commands.pop()
    variables = set_up(shop, commands)
    asked = [
        Example(re.sub(r"\$([A-Z]+)", lambda name: variables[name[1]], each.command), each.lines)
        for each in typed
        if each.command.startswith("curl ")
    ]
    assert 16 == len(asked)
    with serving(shop, SETTINGS) as server:
        assert_it_prints(asked, server)


def test_the_readme_shows_who_may_do_what(shop: Path) -> None:
    """Its table is what `estuary access` prints."""
    (table,) = re.findall(r"^\$ estuary access\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert table == estuary(shop, "access", **SETTINGS).stdout
