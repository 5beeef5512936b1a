"""What installs Estuary: the name on the index is ours, and nothing written leads to a stranger's."""

import ast
import re
import tomllib
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from estuary.core.extras import DISTRIBUTION, needs

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCKED: list[dict[str, Any]] = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
READ = ("src", "docs", "deploy", "examples", "workshop", "bench", "convex", "tests", ".github", ".ci")
TAKEN = "estuary"
"""A stranger's on the Python Package Index."""

INSTALLER = (
    r"\b(?:pip3?|pipx|uvx?|poetry|pdm|rye|conda)\b[^\n]*\b(?:install|download|add|run|tool|requires?)\b"
)
LEADS_AWAY = re.compile(
    rf"{INSTALLER}[^\n;&|]*?[\s'\"`]{TAKEN}(?:[=<>~!@\[]|['\"`)]|[ \t]*$)|\b{TAKEN}\[[a-z]+[\],]",
    re.MULTILINE,
)


def leads_away(text: str) -> list[str]:
    """What in `text` would have its reader fetch the stranger's package."""
    return [found.group() for found in LEADS_AWAY.finditer(text)]


def written() -> list[Path]:
    """Every text that is read by people or printed by programs, but this one."""
    folders = (
        path for name in READ for path in (ROOT / name).rglob("*") if "node_modules" not in path.parts
    )
    files = [path for path in (*folders, *ROOT.glob("*"), *ROOT.glob(".env*")) if path.is_file()]
    return [path for path in files if path != Path(__file__) and b"\0" not in path.read_bytes()]


@pytest.mark.parametrize(
    "text",
    [
        "pip install 'estuary[auth]'",
        "pip install estuary",
        "python -m pip install --upgrade estuary==0.1.0",
        "uv tool install estuary",
        "uv add `estuary`",
        "install estuary[redis]",
        "estuary[postgres,migrate]",
    ],
)
def test_what_leads_away_is_known(text: str) -> None:
    """Whatever the installer, with an extra, a version or neither."""
    assert [] != leads_away(text)


@pytest.mark.parametrize(
    "text",
    [
        "pip install 'estuary-service[auth]'",
        "pip install dist/estuary_service-0.1.0.whl",
        "install -m 755 estuary /usr/bin",
    ],
)
def test_what_leads_to_us_is_not_refused(text: str) -> None:
    """The free name, the wheel's file, and the command."""
    assert [] == leads_away(text)


def test_nothing_written_leads_to_a_stranger() -> None:
    """Code, documents, deployment artefacts and the workshop name the distribution that is ours."""
    found = {
        str(path.relative_to(ROOT)): leads_away(path.read_text(errors="replace")) for path in written()
    }
    assert {} == {path: texts for path, texts in found.items() if texts}


def test_the_distribution_has_one_name() -> None:
    """Metadata, messages and the lock file agree; the command and the import keep theirs."""
    assert TAKEN != DISTRIBUTION
    assert DISTRIBUTION == PROJECT["name"]
    assert [DISTRIBUTION] == [package["name"] for package in LOCKED if "editable" in package["source"]]
    assert {TAKEN: "estuary.__main__:main"} == PROJECT["scripts"]


@pytest.mark.parametrize("extra", sorted(PROJECT["optional-dependencies"]))
def test_a_missing_library_is_told_with_what_brings_it(extra: str) -> None:
    """What is typed from the message is the extra of our distribution."""
    reported = needs("It", "a library", extra)
    assert (
        f"It needs a library: pip install 'estuary-service[{extra}]' (in a checkout: make setup)"
        == reported
    )


def test_each_extra_that_is_told_exists() -> None:
    """A message never names an extra that pyproject.toml does not have."""
    trees = [ast.parse(path.read_text()) for path in (ROOT / "src").rglob("*.py")]
    reported = {
        extra
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "needs"
        for extra in map(ast.literal_eval, node.args[2:])
    }
    assert set(PROJECT["optional-dependencies"]) == reported


def test_make_run_installs_what_is_locked() -> None:
    """The file that pip reads has what uv.lock brings into the service, as `make lock` writes it.

    With what brings tables in line: a developer who changes a resource of their own runs it again.
    """
    locked = {package["name"]: package for package in LOCKED}
    wanted, found = [(DISTRIBUTION, ["migrate"])], set()
    while wanted:
        name, extras = wanted.pop()
        optional = locked[name].get("optional-dependencies", {})
        for needed in chain(locked[name].get("dependencies", []), *(optional[extra] for extra in extras)):
            if needed["name"] not in found or "extra" in needed:
                found.add(needed["name"])
                wanted.append((needed["name"], needed.get("extra", [])))
    read = re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "workshop/requirements.txt").read_text(), re.MULTILINE)
    assert {(name, locked[name]["version"]) for name in found} == set(read)
