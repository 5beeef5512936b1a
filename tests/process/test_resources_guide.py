"""The guide to resources is what really happens: its declarations, served, answer as it shows."""

import re
from pathlib import Path

from tests.support.console import assert_it_prints, examples
from tests.support.documents import ROOT
from tests.support.process import serving

GUIDE = ROOT / "docs/resources.md"
PYTHON = re.compile(r"^```python\n# (\S+)\.py\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"^(\w+) = Resource\(", re.MULTILINE)


def test_the_guide_prints_what_it_says(tmp_path: Path) -> None:
    """Every declaration that has a place in it is put there; the commands, typed in, give its answers."""
    resources = []
    for place, declaration in PYTHON.findall(GUIDE.read_text()):
        module = tmp_path / f"{place}.py"
        module.parent.mkdir(exist_ok=True)
        module.write_text(declaration)
        resources += [f"{place.replace('/', '.')}:{name}" for name in NAME.findall(declaration)]
    assert ["library.books:BOOKS", "library.members:MEMBERS", "club.sightings:SIGHTINGS"] == resources
    reported = list(examples(GUIDE))
    assert len(reported) >= 7
    variables = {"DATABASE_TYPE": "memory", "RESOURCES": ",".join(resources), "PYTHONPATH": str(tmp_path)}
    with serving(tmp_path, variables) as server:
        assert_it_prints(reported, server)
