"""Settings do not change, hide secrets, and are one table."""

import subprocess
import sys

import pytest

from estuary.config.settings import TABLE, Settings
from tests.unit.config.conftest import Load


def test_settings_do_not_change(load: Load) -> None:
    """What was read at start-up holds until the end; a mistyped attribute is not silently created."""
    settings = load().settings
    for name in ("port", "values", "nonsense"):
        with pytest.raises(AttributeError, match="settings do not change"):
            setattr(settings, name, 1)
    with pytest.raises(TypeError):
        settings.values["port"] = 1  # type: ignore[index]  # what this very test is about
    assert 3000 == settings.port


def test_the_repr_shows_values_but_no_secret(load: Load) -> None:
    """A repr may end up in a log or a traceback."""
    text = repr(load(DATABASE_URL="sqlite:///hunter2.db", PORT="8080").settings)
    assert "database_url=[hidden]" in text
    assert "hunter2" not in text
    assert "port=8080" in text


def test_names_are_unique_and_follow_from_the_attributes() -> None:
    """No two variables, nor an alias, can mean different things by one name."""
    names = [name for variable in TABLE for name in variable.names]
    assert len(names) == len(set(names))
    assert "RATE_LIMIT_MAX_CLIENTS" == Settings.rate_limit_max_clients.name
    assert all(variable.name == variable.attribute.upper() for variable in TABLE)
    assert all(getattr(Settings, variable.attribute) is variable for variable in TABLE)


def test_the_profile_comes_first() -> None:
    """The other defaults depend on it, and the table is read in its order."""
    assert TABLE[0] is Settings.app_profile


def test_what_can_carry_a_password_is_secret() -> None:
    """A variable with such a name is marked as secret, unless it is listed as public here."""
    hints = ("URL", "PASSWORD", "TOKEN", "SECRET", "KEY")
    public = {
        "AUTH_JWKS_URLS",
        "PUBLIC_URL",
        "KEYS_ENABLED",
        "KEYS_ROLE",
    }  # what everybody may know; a password in one is refused
    hinted = [each.name for each in TABLE if any(hint in each.name for hint in hints)]
    assert [name for name in hinted if name not in public] == [each.name for each in TABLE if each.secret]


def test_the_configuration_imports_nothing_heavy() -> None:
    """The supervisor reads it and stays small for as long as the service lives."""
    program = "import sys, estuary.config.environment; print(*sys.modules)"
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    heavy = {"msgspec", "asyncio", "sqlalchemy", "httptools", "dataclasses", "logging", "inspect", "psutil"}
    assert heavy & set(printed.stdout.split()) == set()
