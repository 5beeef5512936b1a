"""Keys: what of a published set is used, and what is passed over."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from estuary.auth.algorithms import ALGORITHMS, fitting
from estuary.auth.key_set import MAX_KEYS, BadKeySet, KeySet
from tests.support.issuer import keys_of
from tests.unit.auth.sources import USUAL, key_set

EVERY = frozenset(ALGORITHMS)


def published(algorithm: str = "RS256", **members: Any) -> dict[str, Any]:
    """A public key in JWK form, with `members` in place of the usual ones; None leaves one out."""
    jwk: dict[str, Any] = keys_of(algorithm).public_set()["keys"][0] | members
    return {name: value for name, value in jwk.items() if value is not None}


def parsed(*jwks: dict[str, Any]) -> KeySet:
    """The key set of these keys."""
    return KeySet.parse(json.dumps({"keys": jwks}).encode(), USUAL)


@pytest.mark.parametrize(
    ("jwk", "algorithms"),
    [
        (published(), ["RS256"]),
        (published(alg=None), ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]),
        (published(alg="PS256"), ["PS256"]),
        (published("ES256", alg=None), ["ES256"]),
        (published("EdDSA", alg=None), ["EdDSA"]),
        (published(use=None, key_ops=["verify"]), ["RS256"]),
        (published(use="enc"), []),
        (published(key_ops=["encrypt"]), []),
        (published(key_ops="verify"), []),
        (published(alg="RSA-OAEP"), []),
        (published(alg="HS256"), []),
        (published(alg=None, kty="oct", k="c2VjcmV0"), []),
        (published(d="AQAB"), []),
        (published("ES256", crv="P-384"), []),
        (published("EdDSA", crv="X25519"), []),
        (published(kty=None), []),
    ],
)
def test_a_key_is_used_for_what_it_is_meant(jwk: dict[str, Any], algorithms: list[str]) -> None:
    """Type, curve, use, operations and algorithm all have to agree; symmetric and leaked keys never do."""
    assert algorithms == fitting(jwk, EVERY)


def test_only_allowed_algorithms_fit() -> None:
    """A key that is good for more is used for what is allowed."""
    assert ["PS256"] == fitting(published(alg=None), frozenset({"PS256", "EdDSA"}))


def test_keys_are_found_by_id_and_algorithm() -> None:
    """A token names both; the id alone is not enough."""
    keys = keys_of("RS256")
    found = parsed(published(), published("ES256"))
    assert [keys.id] == [key.id for key in found.candidates(keys.id, "RS256")]
    assert () == found.candidates(keys.id, "PS256")
    assert () == found.candidates("unknown", "RS256")
    assert sorted([keys.id, keys_of("ES256").id]) == list(found.ids)


def test_a_key_verifies_what_it_signed() -> None:
    """The signature of one token, and of no other."""
    keys = keys_of("RS256")
    message, _, signature = keys.sign({"sub": "alice"}).rpartition(".")
    import base64

    (key,) = parsed(published()).candidates(keys.id, "RS256")
    raw = base64.urlsafe_b64decode(signature + "==")
    assert key.signed(message.encode(), raw)
    assert not key.signed(message.encode() + b"x", raw)


@pytest.mark.parametrize(
    "jwk",
    [
        published(n="AQAB"),
        published(n=None),
        published(e="AA"),
        published(e="Ag"),
        published(e="AQAAAAAB"),
        published("ES256", x="AAAA"),
        published("ES256", x=published("ES256")["y"]),
        published("EdDSA", x="AAAA"),
        published(kid=7),
        published(kid=""),
        published(kid="k" * 513),
    ],
)
def test_a_key_that_cannot_be_used_is_passed_over(jwk: dict[str, Any]) -> None:
    """Weak, off its curve, incomplete or without a proper id: the others of its set are used."""
    good = published("ES256", kid="good")
    assert ("good",) == parsed(jwk, good).ids


def test_short_rsa_keys_are_not_used() -> None:
    """RFC 7518, 3.3: 2048 bits at the least."""
    short = rsa.generate_private_key(65537, 1024).public_key()  # noqa: S505 - on purpose
    assert () == parsed(RSAAlgorithm.to_jwk(short, as_dict=True) | {"kid": "short"}).ids


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"keys": {}}',
        b'{"keys": [1]}',
        b'{"keys": [], "keys": []}',
        json.dumps({"keys": [{}] * (MAX_KEYS + 1)}).encode(),
        b'{"keys": ' + b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_what_is_no_key_set_is_refused(document: bytes) -> None:
    """As a whole: whatever else it holds, it is not what was asked for."""
    with pytest.raises(BadKeySet):
        KeySet.parse(document, USUAL)


def test_a_set_without_keys_is_a_set() -> None:
    """An issuer that withdraws every key is believed."""
    assert () == parsed().ids


def test_equal_documents_are_equal_sets() -> None:
    """What did not change need not be forgotten."""
    one, same = (KeySet.parse(key_set(keys_of("RS256")), USUAL) for _ in range(2))
    assert one.digest == same.digest != parsed().digest
