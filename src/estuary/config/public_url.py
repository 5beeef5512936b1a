"""The form of PUBLIC_URL, at which clients reach the service."""

from urllib.parse import urlsplit

from estuary.config.errors import Refused
from estuary.config.forms import Form
from estuary.config.networks import HOST


def _public_url(text: str) -> str | None:
    if not text:
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        raise Refused("its host cannot be read") from None
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise Refused
    if parts.username is not None or parts.query or parts.fragment:
        raise Refused("it has more than scheme, host, port and path")
    try:
        HOST.read(parts.hostname)
        _ = parts.port  # looked at only when it is asked for
    except (Refused, ValueError):
        raise Refused("it names no host or no possible port") from None
    return text.rstrip("/")


PUBLIC_URL = Form("a URL such as https://api.example.com", _public_url)
