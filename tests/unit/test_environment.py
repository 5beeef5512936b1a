"""One place reads the environment; everything else is given values."""

import ast
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2] / "src" / "estuary"
READERS = {"environ", "environb", "getenv", "getenvb", "putenv", "unsetenv"}


def readings(source: str) -> list[int]:
    """The lines on which `source` names the environment: os.environ, os.getenv, or an import of them."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if (isinstance(node, ast.Attribute) and node.attr in READERS and _is_os(node.value))
        or (isinstance(node, ast.ImportFrom) and _imports_a_reader(node))
        or (
            isinstance(node, ast.Import) and any(a.name in {"os", "posix"} and a.asname for a in node.names)
        )
    ]


def _is_os(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in {"os", "posix"}


def _imports_a_reader(node: ast.ImportFrom) -> bool:
    return node.module in {"os", "posix"} and any(alias.name in {*READERS, "*"} for alias in node.names)


@pytest.mark.parametrize(
    "source",
    [
        "import os\nos.environ['A']",
        "import os\nos.getenv('A')",
        "import os\nos.environb",
        "import os\nos.putenv('A', 'b')",
        "from os import environ",
        "from os import path, getenv as g",
        "from os import *",
        "import os as o",
    ],
)
def test_every_way_to_the_environment_is_recognised(source: str) -> None:
    """The check below would notice any of these."""
    assert 1 == len(readings(source))


@pytest.mark.parametrize("source", ["import os\nos.getpid()", "request.environ", "from os import path"])
def test_other_code_is_left_alone(source: str) -> None:
    """The check below has no false alarms."""
    assert [] == readings(source)


def test_only_one_place_reads_the_environment() -> None:
    """It is read once, in `load`; a variable belongs to the settings or to `ProcessEnvironment`."""
    found = {
        path.relative_to(SOURCES).as_posix(): lines
        for path in SOURCES.rglob("*.py")
        if (lines := readings(path.read_text(encoding="utf-8")))
    }
    assert ["config/environment.py"] == list(found)
    assert 1 == len(found["config/environment.py"])
