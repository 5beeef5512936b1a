"""The guide to relations is what really happens: its declaration, served, answers as it shows."""

import re
from pathlib import Path

from tests.support.console import assert_it_prints, examples
from tests.support.documents import ROOT
from tests.support.process import serving

GUIDE = ROOT / "docs/relations.md"
RESOURCES = ",".join(f"shop.records:{name}" for name in ("CUSTOMERS", "PRODUCTS", "ORDERS", "LINES"))


def test_the_guide_prints_what_it_says(tmp_path: Path) -> None:
    """The commands, typed in, give the answers that it shows."""
    (declaration,) = re.findall(r"^```python\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/records.py").write_text(declaration)
    reported = list(examples(GUIDE))
    assert 9 == len(reported)
    variables = {"DATABASE_TYPE": "memory", "RESOURCES": RESOURCES, "PYTHONPATH": str(tmp_path)}
    with serving(tmp_path, variables) as server:
        assert_it_prints(reported, server)
