"""The tutorial, followed from its first line to its last: every block is typed or saved as it stands."""

from pathlib import Path

from tests.support.documents import ROOT, blocks
from tests.support.reader import reading

TUTORIAL = ROOT / "docs/tutorial.md"


def test_every_block_does_what_the_tutorial_says(tmp_path: Path) -> None:
    """In order, in one folder, as a newcomer would type and save them."""
    followed = [block for block in blocks(TUTORIAL) if block.needs is None]
    assert 18 == len(followed)
    with reading(tmp_path) as reader:
        for block in followed:
            reader.follow(block)
