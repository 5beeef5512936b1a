"""The line on secrets: where they come from, and that they are not an example's."""

from pathlib import Path

import pytest

from estuary.config.checklist.facts import NOTHING
from estuary.config.checklist.finding import Status
from estuary.config.checklist.secrets import secrets
from estuary.config.checklist.strength import weakness
from estuary.config.environment import load_from
from estuary.config.placeholders import is_placeholder
from tests.unit.config.checklist.judging import judge

URL = "postgres://svc:9fK2-vVq8_mWz@db.internal/records"


def test_no_secret_is_safe() -> None:
    """Without a secret none can leak."""
    assert "no secret is set" == judge(secrets, "pass").reason


def test_a_secret_in_the_environment_is_seen() -> None:
    """The variable is named with where it comes from, never with its value."""
    finding = judge(secrets, "warn", DATABASE_URL=URL)
    assert "DATABASE_URL (environment)" in finding.reason
    assert "vVq8" not in finding.reason + finding.mend


def test_a_secret_in_a_file_is_safe(tmp_path: Path) -> None:
    """NAME_FILE and a credential pass; .env and estuary.toml do not; the files are known."""
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
    (tmp_path / ".env").unlink()
    (tmp_path / "estuary.toml").write_text(f"database_url = {URL!r}")
    by_toml = load_from({}, directory=tmp_path)
    assert "DATABASE_URL (estuary.toml)" in secrets(by_toml, NOTHING).reason


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
    """Also in what is no secret: a value of an example is a mistake."""
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


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"METRICS_TOKEN": "aaaaaaaaaaaaaaaa"}, "METRICS_TOKEN can be guessed: it has 1 different"),
        ({"METRICS_TOKEN": "1234567890123456"}, "METRICS_TOKEN can be guessed"),
        ({"DATABASE_URL": "postgres://svc:abc123abc123@db/records"}, "the password in DATABASE_URL"),
        ({"DATABASE_URL": "postgres://svc:P%40ssw0rd2024@db/records"}, "the password in DATABASE_URL"),
        ({"REDIS_URL": "redis://:redis-password-1@cache:6379"}, "the password in REDIS_URL"),
    ],
)
def test_a_secret_that_can_be_guessed_fails(variables: dict[str, str], message: str) -> None:
    """Wherever one is that somebody thought of; it is not repeated."""
    finding = judge(secrets, "fail", **variables)
    assert finding.reason.startswith(message)
    assert not any(value in finding.reason for value in variables.values())


@pytest.mark.parametrize(
    "text",
    [
        *("abcabcabcabcabca", "0123456789abcdef", "qwertyuiopasdfgh", "metrics-token-2026"),
        *("Prometheus-Secret-123", "estuary_metrics_pw", "passwordpassword", "my-super-secret-token"),
        *("zyxwvutsrqponmlk", "p4ssw0rd-f0r-4p1", "welcome2estuary!"),
    ],
)
def test_what_guessers_try_is_weak(text: str) -> None:
    """Repetitions, rows of alphabets and keyboards, known words, figures in place of letters."""
    assert weakness(text)


@pytest.mark.parametrize(
    "text",
    [
        *("b7s-9dK2-vVq8_mWz", "9fK2-vVq8_mWz", "5f1d7a84db00d2ef21da4c4ddc3a9f6e", "Xk93nQ!tLw0z"),
        *("correct horse battery staple", "ZXhhY3RseSBub3RoaW5nIG11Y2g", "f3a91c07b2d84e65"),
    ],
)
def test_what_chance_made_is_not_weak(text: str) -> None:
    """A secret as openssl, a password manager or dice make it raises no alarm."""
    assert "" == weakness(text)


def test_redis_without_a_password_is_pointed_out() -> None:
    """On another machine anybody reaches it; on this one its socket is its owner's."""
    assert "REDIS_URL" in judge(secrets, "warn", REDIS_URL="redis://cache:6379").reason
    judge(secrets, "warn", REDIS_URL="redis://localhost")  # it stands in the environment
    assert "no password" not in judge(secrets, "warn", REDIS_URL="unix:///run/redis.sock").reason
