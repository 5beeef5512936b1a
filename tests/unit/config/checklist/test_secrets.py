"""The line on secrets: where they come from, and that they are none of an example's."""

from pathlib import Path

import pytest

from estuary.config.checklist.facts import NOTHING
from estuary.config.checklist.finding import Status
from estuary.config.checklist.secrets import secrets
from estuary.config.environment import load_from
from estuary.config.placeholders import is_placeholder
from tests.unit.config.checklist.judging import judge

URL = "postgres://svc:9fK2-vVq8_mWz@db.internal/records"


def test_no_secret_is_safe() -> None:
    """Where there is none, none can leak."""
    assert "no secret is set" == judge(secrets, "pass").reason


def test_a_secret_in_the_environment_is_seen() -> None:
    """The variable is named with where it comes from, never with its value."""
    finding = judge(secrets, "warn", DATABASE_URL=URL)
    assert "DATABASE_URL (environment)" in finding.reason
    assert "vVq8" not in finding.reason + finding.mend


def test_a_secret_in_a_file_is_safe(tmp_path: Path) -> None:
    """NAME_FILE and a credential pass; .env does not; the files are known, for their permissions."""
    (tmp_path / "url").write_text(f"{URL}\n")
    loaded = load_from({"DATABASE_URL_FILE": "url"}, directory=tmp_path)
    assert Status.PASS == secrets(loaded, NOTHING).status
    assert {"DATABASE_URL": tmp_path / "url"} == loaded.secret_files
    (tmp_path / "database_url").write_text(URL)
    by_credential = load_from({"CREDENTIALS_DIRECTORY": str(tmp_path)}, directory=tmp_path)
    assert Status.PASS == secrets(by_credential, NOTHING).status
    (tmp_path / ".env").write_text(f"DATABASE_URL={URL}\n")
    by_dotenv = load_from({}, directory=tmp_path)
    assert "DATABASE_URL (.env)" in secrets(by_dotenv, NOTHING).reason


@pytest.mark.parametrize(
    "variables",
    [
        {"DATABASE_URL": "postgres://estuary:changeme@db/records"},
        {"DATABASE_URL": "postgres://estuary:estuary@db/records"},
        {"CORS_ALLOWED_ORIGINS": "https://app.example.com"},
        {"METRICS_TOKEN": "your-token-goes-here"},
    ],
)
def test_a_placeholder_fails_wherever_it_comes_from(variables: dict[str, str]) -> None:
    """Also in what is no secret: a value of an example belongs to nobody."""
    (name,) = variables
    assert judge(secrets, "fail", **variables).reason.startswith(name)


@pytest.mark.parametrize(
    "text",
    [
        *("changeme", "CHANGE-ME", "https://your-deployment.convex.cloud", "https://api.yourdomain.com"),
        *(
            "https://your-auth-provider.com/.well-known/jwks.json",
            "<password>",
            "xxxxxxxx",
            "placeholder",
            "...",
        ),
    ],
)
def test_what_examples_say_is_a_placeholder(text: str) -> None:
    """As in the operators' guide and everywhere else, secret or not."""
    assert is_placeholder(text, secret=False)


@pytest.mark.parametrize("text", ["password", "Secret", "postgres://a:postgres@db/x", "123456"])
def test_what_everybody_tries_first_is_no_secret(text: str) -> None:
    """Only where a secret is expected: elsewhere such words are words."""
    assert is_placeholder(text, secret=True)
    assert not is_placeholder(text, secret=False)


@pytest.mark.parametrize(
    "text",
    [
        *(URL, "https://auth.acme.io/", "estuary=info,estuary::http=warn", "10.0.0.0/8", "records:read"),
        *("postgres:///records?host=/run/postgresql", "default-src 'self'", "examplecorp.io", "true"),
    ],
)
def test_real_values_are_none(text: str) -> None:
    """What operators set in earnest raises no alarm."""
    assert not is_placeholder(text, secret=True)
