"""An issuer's keys (a JWK Set, RFC 7517, 5), each of which is parsed once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from jwt import PyJWK, PyJWTError

from estuary.auth.algorithms import fitting
from estuary.auth.compact import MAX_KEY_ID_CHARACTERS
from estuary.auth.strict_json import decode_object

MAX_KEYS = 100
_MIN_RSA_BITS, _MAX_RSA_BITS = 2048, 8192
"""The lower limit is that of RFC 7518, 3.3; the upper one bounds what a signature costs to verify."""
_MAX_RSA_EXPONENT = 2**32


class BadKeySet(ValueError):
    """The document is not a JWK Set; the message says why, without any of its content."""


class Key:
    """A public key for one algorithm."""

    __slots__ = ("_material", "_verify", "algorithm", "id")

    def __init__(self, key_id: str | None, algorithm: str, parsed: PyJWK) -> None:
        self.id = key_id
        self.algorithm = algorithm
        self._material = parsed.key
        self._verify = parsed.Algorithm.verify

    def signed(self, message: bytes, signature: bytes) -> bool:
        """Whether `signature` over `message` was made with the private key."""
        return self._verify(message, self._material, signature)


class KeySet:
    """The usable keys of one issuer at one time. Key sets with the same `digest` are the same."""

    def __init__(self, keys: Sequence[Key], digest: bytes) -> None:
        self.digest = digest
        self._by_id = _grouped(keys, lambda key: (key.id, key.algorithm))
        self._by_algorithm = _grouped(keys, lambda key: key.algorithm)

    @classmethod
    def parse(cls, document: bytes, algorithms: frozenset[str]) -> "KeySet":
        """The keys of a JWK Set that are for `algorithms`; raises `BadKeySet` if it is not one.

        Keys that are of another kind, for another use or too weak are ignored (RFC 7517, 5).
        """
        try:
            listed = decode_object(document).get("keys")
        except ValueError as error:
            raise BadKeySet("its keys cannot be read: they are no JSON object") from error
        if not isinstance(listed, list) or not all(isinstance(jwk, dict) for jwk in listed):
            raise BadKeySet('it answered no list of keys under "keys"')
        if len(listed) > MAX_KEYS:
            raise BadKeySet(f"it answered {len(listed)} keys, more than {MAX_KEYS}")
        keys = [
            key
            for jwk in listed
            for name in fitting(jwk, algorithms)
            if (key := _parsed(jwk, name)) is not None
        ]
        return cls(keys, sha256(document).digest())

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the keys, "-" for a key without one."""
        return tuple(sorted({key_id or "-" for key_id, _ in self._by_id}))

    def candidates(self, key_id: str | None, algorithm: str) -> Sequence[Key]:
        """The keys that may have signed a token which names `key_id`, or names no key."""
        if key_id is None:
            return self._by_algorithm.get(algorithm, ())
        return self._by_id.get((key_id, algorithm), ())


def _grouped(keys: Sequence[Key], by: Any) -> Mapping[Any, Sequence[Key]]:
    groups: defaultdict[Any, list[Key]] = defaultdict(list)
    for key in keys:
        groups[by(key)].append(key)
    return dict(groups)


def _parsed(jwk: dict[str, Any], algorithm: str) -> Key | None:
    """The key, or None if it cannot be used."""
    key_id = jwk.get("kid")
    if key_id is not None and not (isinstance(key_id, str) and 0 < len(key_id) <= MAX_KEY_ID_CHARACTERS):
        return None
    try:
        parsed = PyJWK(jwk, algorithm)
    except (PyJWTError, ValueError, TypeError, KeyError):
        return None
    return Key(key_id, algorithm, parsed) if _is_strong(parsed) else None


def _is_strong(parsed: PyJWK) -> bool:
    if parsed.key_type != "RSA":
        return True  # a curve has one strength, and the algorithm names it
    exponent: int = parsed.key.public_numbers().e
    return (
        _MIN_RSA_BITS <= parsed.key.key_size <= _MAX_RSA_BITS
        and exponent % 2 == 1
        and 3 <= exponent <= _MAX_RSA_EXPONENT
    )
