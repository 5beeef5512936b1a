"""Trial keys: a local key set, and tokens signed with it, to try authentication without an issuer."""

import json
import os
from pathlib import Path
from secrets import token_hex
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

_RSA_BITS, _RSA_EXPONENT = 2048, 65537

ALGORITHMS = ("RS256", "ES256", "EdDSA")
"""The algorithms for tokens of a trial."""


class BadKeyFile(Exception):
    """The file is not one that `TrialKeys` wrote; the message says what is wrong with it."""


class UnknownAlgorithm(Exception):
    """No key can be made for the algorithm; the message names those that are supported."""


class TrialKeys:
    """One private key in JWK form, whose id and algorithm go into its tokens; raises `BadKeyFile`."""

    def __init__(self, jwk: dict[str, Any]) -> None:
        try:
            self.id, self.algorithm = str(jwk["kid"]), str(jwk["alg"])
            self.private: Any = jwt.PyJWK(jwk, self.algorithm).key
            self._public = _as_jwk(self.private.public_key())
        except (TypeError, KeyError, AttributeError, jwt.PyJWTError) as error:
            raise BadKeyFile("it has no private key with kid and alg, as this command makes it") from error
        self._jwk = jwk

    @classmethod
    def new(cls, algorithm: str) -> "TrialKeys":
        """Generate a key for one of `ALGORITHMS`."""
        return cls({**_private_jwk(algorithm), "kid": token_hex(8), "alg": algorithm, "use": "sig"})

    @classmethod
    def read(cls, path: Path) -> "TrialKeys":
        """Read the key in the file at `path`; raises `BadKeyFile`, `OSError`."""
        try:
            (jwk,) = json.loads(path.read_bytes())["keys"]
        except (ValueError, TypeError, KeyError) as error:
            raise BadKeyFile("it is not a key set with one key, as this command makes it") from error
        return cls(jwk)

    def write(self, path: Path) -> None:
        """Write the private key to `path`, readable by its owner alone, and the public one beside it."""
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump({"keys": [self._jwk]}, file, indent=2)
        public_path(path).write_text(json.dumps(self.public_set(), indent=2))

    def public_set(self) -> dict[str, Any]:
        """The JWK Set that an issuer would publish."""
        return {"keys": [{**self._public, "kid": self.id, "alg": self.algorithm, "use": "sig"}]}

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        """A token with `claims`; `header` adds to its header, or replaces parts of it."""
        usual = {"kid": self.id, "typ": "at+jwt"}
        return jwt.encode(claims, self.private, algorithm=self.algorithm, headers=usual | header)


def keys_at(path: Path, algorithm: str) -> tuple[TrialKeys, bool]:
    """The key in the file at `path`, which is generated if it does not exist, and whether it was.

    Raises `BadKeyFile`, `UnknownAlgorithm`, `OSError`.
    """
    if path.exists():
        return TrialKeys.read(path), False
    if algorithm not in ALGORITHMS:
        raise UnknownAlgorithm(f"{algorithm!r} is not one of {', '.join(ALGORITHMS)}")
    keys = TrialKeys.new(algorithm)
    keys.write(path)
    return keys, True


def public_path(path: Path) -> Path:
    """The path of the public half of the key set at `path`: `keys.public.json` for `keys.json`."""
    return path.with_suffix(f".public{path.suffix}")


def _private_jwk(algorithm: str) -> dict[str, Any]:
    match algorithm:
        case "RS256":
            return _as_jwk(rsa.generate_private_key(_RSA_EXPONENT, _RSA_BITS))
        case "ES256":
            return _as_jwk(ec.generate_private_key(ec.SECP256R1()))
        case _:
            return _as_jwk(ed25519.Ed25519PrivateKey.generate())


def _as_jwk(key: Any) -> dict[str, Any]:
    """A private or public key in JWK form, without PyJWT's `key_ops`."""
    if isinstance(key, rsa.RSAPrivateKey | rsa.RSAPublicKey):
        jwk = RSAAlgorithm.to_jwk(key, as_dict=True)
    elif isinstance(key, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey):
        jwk = ECAlgorithm.to_jwk(key, as_dict=True)
    else:
        jwk = OKPAlgorithm.to_jwk(key, as_dict=True)
    return {name: value for name, value in jwk.items() if name != "key_ops"}
