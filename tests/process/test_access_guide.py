"""The guide to access rules is what really happens: each set-up, served, answers as it shows."""

import re
from pathlib import Path

import pytest

from tests.support.command import estuary
from tests.support.console import assert_it_prints, examples_in
from tests.support.documents import ROOT
from tests.support.process import serving

GUIDE = (ROOT / "docs/access.md").read_text()
CLAIMS = {
    "EDITOR": ("roles=editor",),
    "NORTH": ("tenant=north",),
    "SOUTH": ("tenant=south",),
    "SUPPORT": ("tenant=staff", "roles=support"),
}
"""What the tokens say that the guide speaks of."""


def section(heading: str) -> str:
    """One section of the guide."""
    return GUIDE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def block(language: str, text: str) -> str:
    """The one block of a language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return str(found)


@pytest.mark.parametrize(("heading", "commands"), [("A public catalogue with editors", 5), ("Tenants", 6)])
def test_a_set_up_answers_as_it_is_told(tmp_path: Path, heading: str, commands: int) -> None:
    """Its declaration and settings, served; the commands typed in; and the table that is printed of it."""
    told = section(heading)
    declared = block("python", told)
    (tmp_path / declared.split()[1]).write_text(declared)
    audience = ("--keys", "keys.json", "--audience", "https://api.example.com")
    tokens = {
        name: estuary(
            tmp_path, "token", *audience, *[part for claim in claims for part in ("--claim", claim)]
        ).stdout.strip()
        for name, claims in CLAIMS.items()
    }
    variables = dict(line.split("=", 1) for line in block("sh", told).splitlines())
    del variables["AUTH_ISSUER"]  # nobody answers there
    variables |= {"AUTH_JWKS_URLS": f"file://{tmp_path}/keys.public.json", "PYTHONPATH": str(tmp_path)}
    _, table = block("text", told).split("\n", 1)
    assert table == estuary(tmp_path, "access", **variables).stdout
    asked = [
        each._replace(command=re.sub(r"\$([A-Z]+)", lambda name: tokens[name[1]], each.command))
        for each in examples_in(told)
    ]
    assert commands == len(asked)
    with serving(tmp_path, {"DATABASE_TYPE": "memory", **variables}) as server:
        assert_it_prints(asked, server)
