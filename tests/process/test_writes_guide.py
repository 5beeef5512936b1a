"""The guide to writes is what really happens, command by command."""

from pathlib import Path

from tests.support.console import assert_it_prints, examples
from tests.support.documents import ROOT
from tests.support.process import serving


def test_the_guide_prints_what_it_says(tmp_path: Path) -> None:
    """The commands, typed in, give the answers that it shows."""
    told = list(examples(ROOT / "docs/writes.md"))
    assert 18 == len(told)
    with serving(tmp_path, {"DATABASE_TYPE": "sqlite"}) as server:
        assert_it_prints(told, server)
