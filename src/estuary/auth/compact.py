"""The compact form of a signed JWT (RFC 7515, 7.1): parsed strictly, before any cryptography."""

import re
from base64 import urlsafe_b64decode
from typing import Any

import msgspec

from estuary.auth.strict_json import decode_object
from estuary.core.access.identity import Refusal
from estuary.core.errors import Unauthenticated

MAX_CHARACTERS = 8192
"""The longest token that is parsed: the usual limit of servers on a header line."""

MAX_KEY_ID_CHARACTERS = 512

_MAX_CONTAINERS = 256
"""The limit on objects and lists in a header or payload: enough for the roles of many clients."""

_TYPES = frozenset({"jwt", "at+jwt", "application/jwt", "application/at+jwt"})
"""Allowed values of `typ` (RFC 7519, 5.1; RFC 9068, 2.1); others belong to other protocols."""

_NEVER = frozenset({"jku", "jwk", "x5u", "x5c", "crit", "b64", "zip", "enc", "cty", "epk", "apu", "apv"})
"""Header parameters that name a key or its address, ask for an extension, or belong to encryption. None is
supported, and a token that has one is refused."""

_parts = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)", re.ASCII).fullmatch
_LAST_OF_TWO, _LAST_OF_THREE = frozenset("AQgw"), frozenset("AEIMQUYcgkosw048")
"""The last letters that leave no bit unused: any other would be a second spelling of the same bytes."""


class Compact(msgspec.Struct, frozen=True, gc=False):
    """A parsed token, not verified yet. `signed` is what `signature` is over."""

    algorithm: str
    key_id: str | None
    claims: dict[str, Any]
    signed: bytes
    signature: bytes


def parse(token: str, algorithms: frozenset[str]) -> Compact:
    """Parse `token`; raises `Unauthenticated` unless it is well-formed and its algorithm is allowed."""
    found = _parts(token) if len(token) <= MAX_CHARACTERS else None
    if found is None:
        raise Unauthenticated(Refusal.MALFORMED)
    try:
        header = _object(found[1])
        algorithm, key_id = _checked(header, algorithms)
        claims = _object(found[2])
        signature = _decoded(found[3])
    except ValueError:
        raise Unauthenticated(Refusal.MALFORMED) from None
    return Compact(algorithm, key_id, claims, token[: found.end(2)].encode(), signature)


def _checked(header: dict[str, Any], algorithms: frozenset[str]) -> tuple[str, str | None]:
    """The algorithm and the key's id; raises `ValueError`, or `Unauthenticated` for the algorithm."""
    if not _NEVER.isdisjoint(header):
        raise ValueError("a parameter that is never followed")
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in algorithms:
        raise Unauthenticated(Refusal.ALGORITHM)
    if "typ" in header:
        kind = header["typ"]
        if not isinstance(kind, str) or kind.lower() not in _TYPES:
            raise ValueError("not an access token")
    return algorithm, _key_id(header)


def _key_id(header: dict[str, Any]) -> str | None:
    if "kid" not in header:
        return None
    key_id = header["kid"]
    if not isinstance(key_id, str) or not 0 < len(key_id) <= MAX_KEY_ID_CHARACTERS:
        raise ValueError("not a key's id")
    return key_id


def _object(part: str) -> dict[str, Any]:
    return decode_object(_decoded(part), max_containers=_MAX_CONTAINERS)


def _decoded(text: str) -> bytes:
    """Decode base64url without padding (RFC 7515, 2), in its canonical form only; raises `ValueError`."""
    over = len(text) % 4
    if over == 1 or (over == 2 and text[-1] not in _LAST_OF_TWO):
        raise ValueError("not base64url")
    if over == 3 and text[-1] not in _LAST_OF_THREE:
        raise ValueError("not base64url")
    return urlsafe_b64decode(text + "==")
