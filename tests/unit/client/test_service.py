"""What a client is made with."""

from collections.abc import Iterator
from typing import Any

import pytest

from estuary.client import Client
from estuary.client.exchange import Request
from estuary.client.service import Service

READ = Request("GET", "/api/v1/books", {})
USUAL: dict[str, Any] = {"timeout": 1.0, "attempt_timeout": 1.0, "retries": 1}


@pytest.mark.parametrize(
    ("url", "wrong", "message"),
    [
        ("localhost:3000", {}, "base_url: must begin"),
        ("ftp://x", {}, "base_url: must begin"),
        ("https://", {}, "base_url: must begin"),
        ("https://u:p@x", {}, "base_url: must have neither"),
        ("https://x/?a=b", {}, "base_url: must have neither"),
        ("https://x", {"token": "a", "key": "b"}, "token, key: one"),
        ("https://x", {"token": "a\nb"}, "token, key: must be printable"),
        ("https://x", {"key": ""}, "token, key: must be printable"),
        ("https://x", {"timeout": 0}, "timeout: must"),
        ("https://x", {"attempt_timeout": float("nan")}, "attempt_timeout: must"),
        ("https://x", {"retries": -1}, "retries: must"),
    ],
)
def test_what_cannot_be_meant_is_refused(url: str, wrong: dict[str, Any], message: str) -> None:
    """With the parameter's name, and no secret."""
    with pytest.raises(ValueError, match=f"^{message}") as error:
        Client(url, **wrong)
    assert "u:p" not in str(error.value)
    assert "a\nb" not in str(error.value)


def test_a_token_is_asked_for_at_each_attempt() -> None:
    """One that has expired meanwhile is not sent again; and no token is shown."""
    tokens: Iterator[str] = iter(["a", "b"])
    service = Service("https://x/shop/", lambda: next(tokens), None, **USUAL)
    assert "https://x/shop" == service.base_url
    assert ["Bearer a", "Bearer b"] == [service.headers(READ)["Authorization"] for _ in range(2)]
    assert "https://x/shop" == repr(service)


def test_who_says_nothing_sends_no_credentials() -> None:
    """Nor is one expected by public resources."""
    assert "Authorization" not in Service("https://x", None, None, **USUAL).headers(READ)
