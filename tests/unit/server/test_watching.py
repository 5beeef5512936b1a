"""Which files `estuary dev` looks at."""

from contextlib import closing
from pathlib import Path

import pytest

from estuary.server.channel import Channel, Message, MessageKind
from estuary.server.watching import is_of_the_project, watch

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
        ("resources/.#books.py", False),
        ("resources", False),
        ("", False),
    ],
)
def test_code_and_configuration_of_the_project_count(path: str, *, counts: bool) -> None:
    """Nothing that is installed or generated below it, nor an editor's lock, wherever the project lies."""
    assert counts == is_of_the_project(str(ROOT / path), ROOT, is_new=False)


def test_a_new_folder_with_code_in_it_counts(tmp_path: Path) -> None:
    """Of the files in one that was renamed nothing is told; what a store makes for itself is none."""
    for name in ("resources/old", "data", "node_modules"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "resources" / "old" / "books.py").touch()
    (tmp_path / "node_modules" / "books.py").touch()
    found = {
        name: is_of_the_project(str(tmp_path / name), tmp_path, is_new=True)
        for name in ("resources", "data", "node_modules")
    }
    assert {"resources": True, "data": False, "node_modules": False} == found
    assert not is_of_the_project(str(tmp_path / "resources"), tmp_path, is_new=False)


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    """What is imported from it could not be found."""
    near, far = Channel.pair()
    with closing(near), closing(far):
        assert 1 == watch(tmp_path / "shop", near)
        *_, last = far.receive()[0]
    assert Message(MessageKind.FAILED, f"{tmp_path / 'shop'} is gone") == last
