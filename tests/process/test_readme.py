"""The README's quick start is what really happens, from the first command to the last answer."""

from pathlib import Path

from tests.support.documents import ROOT, blocks
from tests.support.reader import reading

README = ROOT / "README.md"
DECLARATION = "bookshop/resources/books.py"


def test_the_quick_start_prints_what_the_readme_says(tmp_path: Path) -> None:
    """A project is made and served, and answers; its declaration is the one that is shown."""
    followed = [block for block in blocks(README) if block.needs is None]
    (shown,) = (block.body for block in followed if block.language == "python")
    commands = [block for block in followed if block.language == "console"]
    assert 2 == len(commands)
    with reading(tmp_path) as reader:
        for block in commands:
            reader.follow(block)
    assert shown == (tmp_path / DECLARATION).read_text()
