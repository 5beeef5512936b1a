"""Facts are gathered side by side, and nothing that hangs holds up the rest."""

import threading
import time
from pathlib import Path

import pytest

from estuary.app.deployment.inspection import Asked, key_set_urls, questions
from estuary.config.environment import load_from
from estuary.config.settings import Settings


def settings(**variables: str) -> Settings:
    """A configuration that keeps nothing."""
    return load_from({"DATABASE_TYPE": "memory", **variables}, directory=Path("/nonexistent")).settings


def test_a_call_that_hangs_is_left_behind() -> None:
    """After the deadline, the fallback is the result."""
    released = threading.Event()
    asked: Asked[bool | None] = Asked(lambda: released.wait(60))
    assert None is asked.outcome(time.monotonic() - 1, None)
    released.set()
    assert True is asked.outcome(time.monotonic() + 60, None)


def test_what_a_call_raises_is_raised_where_it_is_asked_for() -> None:
    """A declaration that cannot be served ends the command as it does elsewhere."""
    asked: Asked[int] = Asked(lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        asked.outcome(time.monotonic() + 60, 0)


@pytest.mark.parametrize(
    ("variables", "url"),
    [
        ({"HOST": "0.0.0.0", "PORT": "3456"}, "http://127.0.0.1:3456/metrics"),
        ({"HOST": "::"}, "http://[::1]:3000/metrics"),
        ({"HOST": "10.0.0.5"}, "http://10.0.0.5:3000/metrics"),
        ({"ADMIN_PORT": "9100", "ADMIN_HOST": "127.0.0.1"}, "http://127.0.0.1:9100/metrics"),
    ],
)
def test_the_service_is_asked_for_its_metrics_where_it_has_them(
    variables: dict[str, str], url: str
) -> None:
    """At the port of their own if there is one, else where it listens; without a token nothing is sent."""
    assert {"own metrics": (url, {})} == questions(settings(**variables))


def test_the_token_goes_to_the_service_alone() -> None:
    """What stands in front is asked as a stranger would ask it."""
    asked = questions(settings(METRICS_TOKEN="b7s-9dK2-vVq8_mWz", PUBLIC_URL="https://api.acme.io/x/"))
    assert {"authorization": "Bearer b7s-9dK2-vVq8_mWz"} == asked.pop("own metrics")[1]
    assert {
        "public": ("https://api.acme.io/x/health/live", {}),
        "public metrics": ("https://api.acme.io/x/metrics", {}),
        "plain": ("http://api.acme.io/health/live", {}),
    } == asked


@pytest.mark.parametrize("url", ["https://api.acme.io:8443", "http://api.acme.io"])
def test_a_port_of_ones_own_has_no_plain_twin(url: str) -> None:
    """Only port 443 is known to have port 80 beside it."""
    assert "plain" not in questions(settings(PUBLIC_URL=url))


@pytest.mark.parametrize(
    ("variables", "urls"),
    [
        ({}, []),
        ({"AUTH_ISSUER": "https://i.test"}, []),
        (
            {"AUTH_ENABLED": "true", "AUTH_ISSUER": "https://i.test/"},
            ["https://i.test/.well-known/openid-configuration"],
        ),
        (
            {
                "AUTH_ENABLED": "true",
                "AUTH_ISSUER": "https://i.test",
                "AUTH_JWKS_URLS": "https://k.test/keys",
            },
            ["https://k.test/keys"],
        ),
        ({"AUTH_ENABLED": "true", "AUTH_JWKS_URLS": "file:///etc/keys.json"}, []),
    ],
)
def test_key_sets_are_asked_where_tokens_are(variables: dict[str, str], urls: list[str]) -> None:
    """Where they are published, or where the issuer says; not what lies in a file."""
    assert urls == key_set_urls(settings(**variables))
