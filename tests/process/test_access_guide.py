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
KEYS = {
    "METER": ("meter 7", "--scope", "readings:send"),
    "SERVICE": ("collector", "--scope", "readings:collect"),
}
"""How the keys are made."""


def section(heading: str) -> str:
    """One section of the guide."""
    return GUIDE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def block(language: str, text: str) -> str:
    """The one block of a language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return str(found)


def tokens(folder: Path) -> dict[str, str]:
    """The tokens of the guide, made as it says."""
    made = ("--keys", "keys.json", "--audience", "https://api.example.com")
    return {
        name: estuary(
            folder, "token", *made, *(part for claim in claims for part in ("--claim", claim))
        ).stdout.strip()
        for name, claims in CLAIMS.items()
    }


def keys(folder: Path, variables: dict[str, str]) -> dict[str, str]:
    """The API keys of the guide, made as it says."""
    return {
        name: estuary(folder, "keys", "create", *each, **variables).stdout.strip()
        for name, each in KEYS.items()
    }


@pytest.mark.parametrize(
    ("heading", "commands"),
    [("A public catalogue with editors", 5), ("Tenants", 6), ("Machine to machine", 4)],
)
def test_a_set_up_answers_as_it_is_told(tmp_path: Path, heading: str, commands: int) -> None:
    """Its declaration and settings, served; the commands typed in; and the table that is printed of it."""
    reported = section(heading)
    declared = block("python", reported)
    (tmp_path / declared.split()[1]).write_text(declared)
    variables = dict(line.split("=", 1) for line in block("sh", reported).splitlines())
    variables["PYTHONPATH"] = str(tmp_path)
    carried = keys(tmp_path, variables) if "KEYS_ENABLED" in variables else tokens(tmp_path)
    if variables.pop("AUTH_ISSUER", None) is not None:  # nobody answers there
        variables["AUTH_JWKS_URLS"] = f"file://{tmp_path}/keys.public.json"
    _, table = block("text", reported).split("\n", 1)
    assert table == estuary(tmp_path, "access", **variables).stdout
    asked = [
        each._replace(command=re.sub(r"\$([A-Z]+)", lambda name: carried[name[1]], each.command))
        for each in examples_in(reported)
    ]
    assert commands == len(asked)
    with serving(tmp_path, variables) as server:
        assert_it_prints(asked, server)
