"""What authentication demands of declarations, before anything is served."""

from pathlib import Path

import pytest

from estuary.app.authentication import demand_room_for_subjects
from estuary.config.environment import load_from
from estuary.config.settings import Settings
from estuary.core.resource import DeclarationError
from tests.support.entries import ENTRIES, PROFILES

ONE = "https://one.test"
TWO = "https://another.test"


def settings(folder: Path, issuers: str, enabled: str = "true") -> Settings:
    """Those of a service that believes the tokens of `issuers`."""
    variables = {"AUTH_ENABLED": enabled, "AUTH_ISSUER": issuers, "AUTH_AUDIENCE": "estuary"}
    return load_from(variables, directory=folder).settings


@pytest.mark.parametrize(("issuers", "enabled"), [(ONE, "true"), (f"{ONE},{TWO}", "false")])
def test_subjects_of_one_issuer_have_room(tmp_path: Path, issuers: str, enabled: str) -> None:
    """As where nobody is asked for a token."""
    demand_room_for_subjects(settings(tmp_path, issuers, enabled), [ENTRIES, PROFILES])


def test_subjects_of_a_second_issuer_need_more_room(tmp_path: Path) -> None:
    """They begin with its name: a field that is too short would fail at the first create."""
    message = (
        r"entries: field 'made_by': subjects of the issuer https://another.test have up to 276 characters: "
        "declare at least that as max_length"
    )
    with pytest.raises(DeclarationError, match=message):
        demand_room_for_subjects(settings(tmp_path, f"{ONE},{TWO}"), [ENTRIES])
