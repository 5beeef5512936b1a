"""The guide to resources is what really happens: where it shows a declaration served, answers are those."""

import re
from pathlib import Path

from tests.support.console import CONSOLE, assert_it_prints, examples
from tests.support.documents import ROOT
from tests.support.process import serving

GUIDE = ROOT / "docs/resources.md"
PYTHON = re.compile(r"^```python\n# (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_guide_prints_what_it_says(tmp_path: Path) -> None:
    """The commands, typed in, give the answers that it shows, on the declaration before them."""
    ((place, declaration),) = PYTHON.findall(GUIDE.read_text())
    module = tmp_path / place
    module.parent.mkdir()
    module.write_text(declaration)
    assert 1 == len(CONSOLE.findall(GUIDE.read_text()))
    variables = {
        "DATABASE_TYPE": "memory",
        "RESOURCES": "club.sightings:SIGHTINGS",
        "PYTHONPATH": str(tmp_path),
    }
    with serving(tmp_path, variables) as server:
        assert_it_prints(list(examples(GUIDE)), server)
