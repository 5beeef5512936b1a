"""PUBLIC_URL: where clients reach the service, and nothing else."""

import pytest

from estuary.config.errors import Refused
from estuary.config.public_url import PUBLIC_URL


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("", None),
        ("https://api.acme.io", "https://api.acme.io"),
        ("https://api.acme.io:8443/records/", "https://api.acme.io:8443/records"),
        ("http://[::1]:3000", "http://[::1]:3000"),
    ],
)
def test_a_url_is_kept_without_its_last_slash(text: str, url: str | None) -> None:
    """Scheme, host, perhaps a port and a path."""
    assert url == PUBLIC_URL.read(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "api.acme.io",
            "ftp://api.acme.io",
            "https://",
            "https://a:b@api.acme.io",
            "https://api.acme.io?x",
        ),
        *("https://api.acme.io#x", "https://api.acme.io:99999", "https://a b", "https://1.2.3.4.5"),
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    """Also a password, which would be shown."""
    with pytest.raises(Refused):
        PUBLIC_URL.read(text)
