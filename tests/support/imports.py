"""What Python modules import, and which distributions that comes from."""

import ast
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

OURS = frozenset({"bench", "estuary", "tests", "workshop"})


def imported_roots(module: Path) -> set[str]:
    """The top-level packages that a module imports, wherever in it the import stands."""
    roots: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            roots.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            roots.add(node.module.partition(".")[0])
    return roots


def third_party_roots(modules: Iterable[Path]) -> set[str]:
    """What of other people's `modules` import."""
    return {root for module in modules for root in imported_roots(module)} - sys.stdlib_module_names - OURS


def third_party_libraries(modules: Iterable[Path]) -> set[str]:
    """The distributions that `modules` import from; a package that is not installed stands for its own."""
    return {normalised(_distributions().get(root, [root])[0]) for root in third_party_roots(modules)}


@cache
def _distributions() -> Mapping[str, list[str]]:
    return packages_distributions()


def normalised(requirement: str) -> str:
    """The name of the distribution in a requirement such as "uvicorn[standard]>=0.34" (PEP 503)."""
    name = requirement.partition("[")[0]
    for operator in "<>=!~; ":
        name = name.partition(operator)[0]
    return name.lower().replace("_", "-").replace(".", "-")
