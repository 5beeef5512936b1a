"""The guide to hooks is what really happens: its declaration, served, answers as it shows."""

import re
from pathlib import Path

from tests.support.console import assert_it_prints, examples
from tests.support.documents import ROOT
from tests.support.process import serving

GUIDE = ROOT / "docs/hooks.md"


def test_the_guide_prints_what_it_says(tmp_path: Path) -> None:
    """The commands, typed in, give the answers that it shows."""
    (declaration,) = re.findall(r"^```python\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    (tmp_path / "library").mkdir()
    (tmp_path / "library/loans.py").write_text(declaration)
    reported = list(examples(GUIDE))
    assert 4 == len(reported)
    variables = {"DATABASE_TYPE": "memory", "RESOURCES": "library.loans:LOANS", "PYTHONPATH": str(tmp_path)}
    with serving(tmp_path, variables) as server:
        assert_it_prints(reported, server)
