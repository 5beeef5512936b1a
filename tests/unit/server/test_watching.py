"""Which files `estuary dev` looks at."""

from pathlib import Path

import pytest

from estuary.server.watching import is_of_the_project

ROOT = Path("/srv/.projects/shop")


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("shop.py", True),
        ("resources/books.py", True),
        (".env", True),
        ("estuary.toml", True),
        ("README.md", False),
        ("old.env", False),
        ("data/estuary.db-wal", False),
        (".venv/lib/shop.py", False),
        ("venv/lib/shop.py", False),
        ("node_modules/x/gyp.py", False),
        ("resources/__pycache__/books.py", False),
        (".git/index.py", False),
    ],
)
def test_code_and_configuration_of_the_project_count(path: str, *, counts: bool) -> None:
    """Not what is installed or generated below it, wherever the project itself lies."""
    assert counts == is_of_the_project(str(ROOT / path), ROOT)
