"""The forms of URLs: those of key sets and issuers."""

import re
from urllib.parse import SplitResult, unquote, urlsplit

from estuary.config.errors import Refused, quoted
from estuary.config.forms import comma_list

_SCHEMES = ("https", "http", "file")
_PLAIN = r"[!-~]+"


def file_path(url: str) -> str | None:
    """The path of a `file:` URL, None for any other URL."""
    parts = urlsplit(url)
    return unquote(parts.path) if parts.scheme == "file" else None


def is_https(url: str) -> bool:
    """Whether responses from `url` cannot be changed in transit."""
    return urlsplit(url).scheme == "https"


def is_web_address(text: str) -> bool:
    """Whether `text` is a URL for HTTP or HTTPS."""
    return urlsplit(text).scheme in ("https", "http")


def _key_set(text: str) -> str:
    """A URL as it is written; passwords are refused, as it appears in logs."""
    parts = _split(text)
    if parts.scheme not in _SCHEMES:
        raise Refused(f"{quoted(text)} is of no scheme that keys are fetched by")
    if parts.username is not None or parts.fragment:
        raise Refused(f"{quoted(parts.path)} is in a URL with a user or a fragment")
    if parts.scheme == "file" and (parts.netloc or not parts.path.startswith("/")):
        raise Refused(f"{quoted(text)} needs three slashes and the whole path")
    if parts.scheme != "file" and not parts.hostname:
        raise Refused(f"{quoted(text)} names no host")
    return text


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.port  # looked at only when it is asked for
    except ValueError:
        raise Refused(f"{quoted(text)} is no URL") from None
    if not re.fullmatch(_PLAIN, text):
        raise Refused(f"{quoted(text)} has blanks or letters outside ASCII")
    return parts


def _issuer(text: str) -> str:
    _split(text)
    return text


KEY_SETS = comma_list("a comma list of URLs such as https://issuer.example.com/jwks.json", _key_set)

ISSUERS = comma_list("a comma list of issuers as their tokens name them, mostly URLs", _issuer)
"""The claim `iss` (RFC 7519, 4.1.1), compared exactly: a trailing slash makes another issuer."""
