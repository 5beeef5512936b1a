"""What can be imported from `estuary` itself."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import estuary
from estuary.core.markers import Hidden, Index
from estuary.core.resource import Resource


def test_declarations_need_no_deeper_import() -> None:
    """The names are those of the modules below."""
    assert (Hidden, Index, Resource) == (estuary.Hidden, estuary.Index, estuary.Resource)
    assert all(hasattr(estuary, name) for name in estuary.__all__)


def test_every_public_name_is_in_the_guide() -> None:
    """What is not exported is not found."""
    guide = Path(__file__).parents[2] / "docs/resources.md"
    table = guide.read_text().partition("## What can be imported")[2]
    names = {name for name in estuary.__all__ if not name.startswith("_")}
    assert names == set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \| ", table, re.MULTILINE))))


def test_any_other_name_is_an_error() -> None:
    """As in every module."""
    with pytest.raises(AttributeError, match="module 'estuary' has no attribute 'Indecks'"):
        _ = estuary.Indecks  # type: ignore[attr-defined]  # that is the point


def test_the_package_imports_no_library() -> None:
    """`estuary --version` answers at once; what is declared with is imported when it is used."""
    code = "import sys, estuary; sys.exit('msgspec' in sys.modules)"
    assert 0 == subprocess.run([sys.executable, "-c", code], check=False).returncode
