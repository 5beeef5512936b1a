"""Signature algorithms (RFC 7518, RFC 8037), and the kind of key that each may be used with."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class KeyKind(NamedTuple):
    """The kind of key that an algorithm takes; `curve` is None for key types without curves."""

    type: str
    curve: str | None = None


ALGORITHMS: Mapping[str, KeyKind] = {
    "RS256": KeyKind("RSA"),
    "RS384": KeyKind("RSA"),
    "RS512": KeyKind("RSA"),
    "PS256": KeyKind("RSA"),
    "PS384": KeyKind("RSA"),
    "PS512": KeyKind("RSA"),
    "ES256": KeyKind("EC", "P-256"),
    "ES384": KeyKind("EC", "P-384"),
    "ES512": KeyKind("EC", "P-521"),
    "EdDSA": KeyKind("OKP", "Ed25519"),
}
"""Every algorithm that can be allowed: all of them asymmetric.

HMAC is not among them and never will be: a verifier of such a token can also make one, and a public
key taken for an HMAC secret is the oldest forgery there is (RFC 8725, 2.1).
"""


def fitting(jwk: Mapping[str, Any], allowed: frozenset[str]) -> list[str]:
    """The algorithms, of those `allowed`, that a public key in JWK form (RFC 7517, 4) is meant for."""
    if not _is_for_verifying(jwk):
        return []
    names = [name for name in ALGORITHMS if name in allowed and _is_of(jwk, ALGORITHMS[name])]
    return names if "alg" not in jwk else [name for name in names if name == jwk["alg"]]


def _is_of(jwk: Mapping[str, Any], kind: KeyKind) -> bool:
    return jwk.get("kty") == kind.type and (kind.curve is None or jwk.get("crv") == kind.curve)


def _is_for_verifying(jwk: Mapping[str, Any]) -> bool:
    """Whether the key may verify signatures; one whose private half is public proves nothing."""
    operations = jwk.get("key_ops")
    if operations is not None and not (isinstance(operations, list) and "verify" in operations):
        return False
    return jwk.get("use", "sig") == "sig" and "d" not in jwk
