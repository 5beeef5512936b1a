"""Discovery: where an issuer publishes its keys, as it says itself (OpenID Connect Discovery 1.0)."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from estuary.auth.fetch import FetchFailed
from estuary.auth.strict_json import decode_object

Fetch = Callable[[str], Awaitable[bytes]]

_WELL_KNOWN = "/.well-known/openid-configuration"


def discovering(issuer: str, fetch: Fetch, *, https_only: bool) -> Callable[[], Awaitable[bytes]]:
    """A function that has the keys of `issuer`, wherever it says they are.

    It asks each time: the address may change, and an issuer is asked for its keys once an hour.
    """

    async def load() -> bytes:
        document = await fetch(issuer.removesuffix("/") + _WELL_KNOWN)
        return await fetch(keys_address(document, issuer, https_only=https_only))

    return load


def keys_address(document: bytes, issuer: str, *, https_only: bool) -> str:
    """Where `issuer` publishes its keys; raises `FetchFailed`.

    The document must be that very issuer's (4.3): else one that answers for many could pass for another.
    """
    try:
        metadata = decode_object(document)
    except ValueError as error:
        raise FetchFailed(f"its configuration cannot be read: {error}") from error
    if metadata.get("issuer") != issuer:
        raise FetchFailed("its configuration is another issuer's")
    address = metadata.get("jwks_uri")
    if not isinstance(address, str) or not _is_address(address, https_only=https_only):
        raise FetchFailed(f"its configuration has no {'https' if https_only else 'http'} address of keys")
    return address


def _is_address(text: str, *, https_only: bool) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    schemes = ("https",) if https_only else ("https", "http")
    return parts.scheme in schemes and bool(parts.hostname) and parts.username is None
