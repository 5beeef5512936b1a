"""An issuer's metadata, such as the URL of its keys (OpenID Connect Discovery 1.0)."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from estuary.auth.fetch import FetchFailed
from estuary.auth.strict_json import decode_object

Fetch = Callable[[str], Awaitable[bytes]]

_WELL_KNOWN = "/.well-known/openid-configuration"


def discovering(issuer: str, fetch: Fetch, *, https_only: bool) -> Callable[[], Awaitable[bytes]]:
    """A function that fetches the keys of `issuer` from the URL that it publishes.

    The URL is discovered on each call: it may change, and keys are fetched about once an hour.
    """

    async def load() -> bytes:
        document = await fetch(document_address(issuer))
        return await fetch(keys_address(document, issuer, https_only=https_only))

    return load


def document_address(issuer: str) -> str:
    """Where `issuer` publishes its metadata (4.1)."""
    return issuer.removesuffix("/") + _WELL_KNOWN


def keys_address(document: bytes, issuer: str, *, https_only: bool) -> str:
    """The URL of the issuer's keys, in its metadata; raises `FetchFailed`."""
    address = metadata_of(document, issuer).get("jwks_uri")
    if not isinstance(address, str) or not _is_address(address, https_only=https_only):
        raise FetchFailed(f"its configuration has no {'https' if https_only else 'http'} address of keys")
    return address


def metadata_of(document: bytes, issuer: str) -> dict[str, Any]:
    """The metadata of `issuer` in a document; raises `FetchFailed`.

    The document must name that very issuer (4.3): otherwise a host of several issuers could impersonate one
    with another.
    """
    try:
        metadata = decode_object(document)
    except ValueError as error:
        raise FetchFailed(f"its configuration cannot be read: {error}") from error
    if metadata.get("issuer") != issuer:
        raise FetchFailed("its configuration is another issuer's")
    return metadata


def _is_address(text: str, *, https_only: bool) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    schemes = ("https",) if https_only else ("https", "http")
    return parts.scheme in schemes and bool(parts.hostname) and parts.username is None
