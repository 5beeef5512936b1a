"""The guide to writes is what really happens, command by command."""

import re
from pathlib import Path

from tests.support.console import assert_it_prints, examples
from tests.support.documents import ROOT
from tests.support.process import serving

GUIDE = ROOT / "docs/writes.md"


def test_the_guide_prints_what_it_says(tmp_path: Path) -> None:
    """The commands, typed in, give the answers that it shows."""
    reported = list(examples(GUIDE))
    assert 23 == len(reported)
    (declared,) = re.findall(r"^```python\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    (tmp_path / "club.py").write_text(declared)
    resources = {"PYTHONPATH": ".", "RESOURCES": "estuary.core.items:ITEMS,club:MEMBERS"}
    with serving(tmp_path, {"DATABASE_TYPE": "sqlite", **resources}) as server:
        assert_it_prints(reported, server)
