"""Forged and malformed tokens, each of a kind of its own and with a name that says which.

Most are signed with the issuer's own key: only so does the one thing that is wrong with each decide.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import jwt

from estuary.auth.trial import TrialKeys
from tests.support.issuer import AUDIENCE, keys_of, usual_claims

Forgeries = dict[str, str]


def b64(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def dumped(value: Any) -> bytes:
    """JSON; bytes are taken to be some already."""
    return value if isinstance(value, bytes) else json.dumps(value).encode()


class Forger:
    """Makes tokens of any shape; `address` is where a token would have its keys fetched from."""

    def __init__(self, issuer: str, keys: TrialKeys, address: str) -> None:
        self.claims = usual_claims(issuer)
        self.keys = keys
        self.address = address
        self.header = {"alg": "RS256", "kid": keys.id, "typ": "at+jwt"}

    def every(self) -> Forgeries:
        """All of them, by name."""
        forgeries: Forgeries = {}
        for family in (
            self.algorithms,
            self.embedded_keys,
            self.key_ids,
            self.headers,
            self.signatures,
            self.times,
            self.names,
            self.audiences,
            self.scopes,
            self.encodings,
            self.shapes,
        ):
            for name, token in family():
                assert name not in forgeries, name
                forgeries[name] = token
        return forgeries

    def signed(self, header: Any, claims: Any, keys: TrialKeys | None = None) -> str:
        """A token with any header and payload, and a signature that is right."""
        message = f"{b64(dumped(header))}.{b64(dumped(claims))}"
        return f"{message}.{b64(self.signature(message, keys or self.keys))}"

    def signature(self, message: str, keys: TrialKeys) -> bytes:
        """The signature over `message` with the key's own algorithm."""
        return jwt.get_algorithm_by_name(keys.algorithm).sign(message.encode(), keys.private)

    def with_header(self, **parameters: Any) -> str:
        """A token with these header parameters beside or instead of the usual ones."""
        return self.signed({**self.header, **parameters}, self.claims)

    def with_claims(self, **claims: Any) -> str:
        """A token with these claims instead of the usual ones."""
        return self.signed(self.header, {**self.claims, **claims})

    def without(self, claim: str) -> str:
        """A token that lacks a claim."""
        return self.signed(self.header, {name: v for name, v in self.claims.items() if name != claim})

    def algorithms(self) -> Iterator[tuple[str, str]]:
        """Algorithms: "none", symmetric, unknown, or another than the key's."""
        message = self.signed({**self.header, "alg": "none"}, self.claims).rpartition(".")[0]
        for spelling in ("none", "None", "NONE", "nOnE"):
            header = b64(dumped({**self.header, "alg": spelling}))
            payload = b64(dumped(self.claims))
            yield f"alg {spelling}, no signature", f"{header}.{payload}."
            yield f"alg {spelling}, some signature", f"{header}.{payload}.{b64(b'signature')}"
        yield "alg none, two parts", message
        public = json.dumps(self.keys.public_set()["keys"][0])
        for alg, digest in (
            ("HS256", hashlib.sha256),
            ("HS384", hashlib.sha384),
            ("HS512", hashlib.sha512),
        ):
            for secret_name, secret in self._public_secrets(public):
                head = f"{b64(dumped({**self.header, 'alg': alg}))}.{b64(dumped(self.claims))}"
                mac = hmac.new(secret, head.encode(), digest).digest()
                yield f"{alg} keyed with {secret_name}", f"{head}.{b64(mac)}"
        for alg in ("RS384", "RS512", "PS384", "ES256K", "ES384", "RS1", "rs256", "RSA-OAEP", "dir", ""):
            yield f"alg {alg or 'empty'}", self.with_header(alg=alg)
        for alg in ("PS256", "ES256", "EdDSA"):
            yield f"alg {alg} over an RS256 signature", self.with_header(alg=alg)
        for name, value in (("null", None), ("a number", 256), ("a list", ["RS256"]), ("an object", {})):
            yield f"alg is {name}", self.with_header(alg=value)
        rest = {name: value for name, value in self.header.items() if name != "alg"}
        yield "no alg", self.signed(rest, self.claims)

    def _public_secrets(self, public: str) -> Iterator[tuple[str, bytes]]:
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        key = jwt.PyJWK(self.keys.public_set()["keys"][0], "RS256").key
        yield "the public key as PEM", key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        yield "the public key as JWK", public.encode()
        yield "nothing", b""

    def embedded_keys(self) -> Iterator[tuple[str, str]]:
        """Keys, or addresses of keys, that the token brings along; signed with the key it brings."""
        attacker = keys_of("RS256", "attacker")
        public = attacker.public_set()["keys"][0]
        certificate = b64(b"certificate")
        for name, extra in (
            ("jwk", {"jwk": public}),
            ("jku", {"jku": f"{self.address}/jku"}),
            ("x5u", {"x5u": f"{self.address}/x5u"}),
            ("x5c", {"x5c": [certificate]}),
            ("jku and kid", {"jku": f"{self.address}/jku", "kid": attacker.id}),
            ("jwk and kid", {"jwk": public, "kid": attacker.id}),
            ("a kid that is an address", {"kid": f"{self.address}/kid"}),
        ):
            yield (
                f"{name}, signed by an attacker",
                self.signed({**self.header, **extra}, self.claims, attacker),
            )
            if name in ("jwk", "jku", "x5u", "x5c"):
                yield f"{name}, signed by the issuer", self.with_header(**extra)
        for name in ("iss", "sub"):
            token = self.signed(self.header, {**self.claims, name: f"{self.address}/{name}"}, attacker)
            yield f"{name} names an attacker's address", token

    def key_ids(self) -> Iterator[tuple[str, str]]:
        """Key ids that are paths, statements, addresses, or no text."""
        attacker = keys_of("RS256", "attacker")
        for name, kid in (
            ("a path", "../../../../dev/null"),
            ("an absolute path", "/etc/passwd"),
            ("an encoded path", "..%2f..%2fetc%2fpasswd"),
            ("SQL", "x' UNION SELECT 'secret"),
            ("a command", "$(id)"),
            ("a file URL", "file:///proc/self/environ"),
            ("NUL after the right id", f"{self.keys.id}\0"),
            ("the right id in capitals", self.keys.id.upper() + "X"),
            ("a line break", "x\r\nX-Injected: 1"),
            ("long", "k" * 2000),
            ("empty", ""),
            ("null", None),
            ("a number", 7),
            ("a list", [self.keys.id]),
            ("an object", {"kid": "x"}),
            ("true", True),
        ):
            yield f"kid is {name}", self.signed({**self.header, "kid": kid}, self.claims, attacker)
        yield "kid of an unknown key", self.signed({**self.header, "kid": "unknown"}, self.claims, attacker)

    def headers(self) -> Iterator[tuple[str, str]]:
        """Extensions, encryption, compression and other protocols' types."""
        for name, extra in (
            ("crit of nothing", {"crit": []}),
            ("crit of exp", {"crit": ["exp"]}),
            ("crit of b64", {"crit": ["b64"], "b64": True}),
            ("crit of what is not there", {"crit": ["http://example.com/UNDEFINED"]}),
            ("crit is null", {"crit": None}),
            ("b64 false", {"b64": False, "crit": ["b64"]}),
            ("b64 true", {"b64": True}),
            ("zip", {"zip": "DEF"}),
            ("enc", {"enc": "A256GCM"}),
            ("cty of a nested token", {"cty": "JWT"}),
            ("typ of an identity token's logout", {"typ": "logout+jwt"}),
            ("typ dpop", {"typ": "dpop+jwt"}),
            ("typ secevent", {"typ": "secevent+jwt"}),
            ("typ JWS", {"typ": "JOSE"}),
            ("typ JWE", {"typ": "JWE"}),
            ("typ empty", {"typ": ""}),
            ("typ null", {"typ": None}),
            ("typ a number", {"typ": 1}),
            ("typ a list", {"typ": ["JWT"]}),
        ):
            yield name, self.with_header(**extra)
        twice = dumped(self.header)[:-1] + b', "alg": "RS256"}'
        yield "alg twice", self.signed(twice, self.claims)
        none_first = b'{"alg": "none", ' + dumped(self.header)[1:]
        yield "alg none, then RS256", self.signed(none_first, self.claims)

    def signatures(self) -> Iterator[tuple[str, str]]:
        """Signatures that are another's, of nothing, cut, stretched or all zeros."""
        good = self.signed(self.header, self.claims)
        head, _, signature = good.rpartition(".")
        raw = base64.urlsafe_b64decode(signature + "==")
        other = self.with_claims(sub="bob")
        admin = {**self.claims, "scope": "items:read items:write admin"}
        for name, changed in (
            ("empty", b""),
            ("one byte", b"\0"),
            ("cut", raw[:-1]),
            ("stretched", raw + b"\0"),
            ("of zeros", bytes(len(raw))),
            ("of ones", b"\xff" * len(raw)),
            ("with a bit turned", raw[:-1] + bytes([raw[-1] ^ 1])),
            ("backwards", raw[::-1]),
            ("of another token", base64.urlsafe_b64decode(other.rpartition(".")[2] + "==")),
            ("of another key", self.signature(head, keys_of("RS256", "attacker"))),
        ):
            yield f"signature {name}", f"{head}.{b64(changed)}"
        yield "claims changed after signing", f"{b64(dumped(self.header))}.{b64(dumped(admin))}.{signature}"
        curve = keys_of("ES256")
        parameters = {**self.header, "alg": "ES256", "kid": curve.id}
        head = f"{b64(dumped(parameters))}.{b64(dumped(self.claims))}"
        valid = self.signature(head, curve)
        order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
        for name, changed in (
            ("psychic: zeros", bytes(64)),
            ("psychic: r is 0", bytes(32) + valid[32:]),
            ("psychic: s is 0", valid[:32] + bytes(32)),
            ("psychic: the curve's order", order.to_bytes(32, "big") * 2),
            ("DER", b"\x30\x44\x02\x20" + valid[:32] + b"\x02\x20" + valid[32:]),
            ("one byte short", valid[:-1]),
            ("one byte long", valid + b"\0"),
            ("empty", b""),
        ):
            yield f"ECDSA signature {name}", f"{head}.{b64(changed)}"
        edwards = keys_of("EdDSA")
        parameters = {**self.header, "alg": "EdDSA", "kid": edwards.id}
        head = f"{b64(dumped(parameters))}.{b64(dumped(self.claims))}"
        yield "EdDSA signature of zeros", f"{head}.{b64(bytes(64))}"
        yield "EdDSA signature cut", f"{head}.{b64(self.signature(head, edwards)[:63])}"

    def times(self) -> Iterator[tuple[str, str]]:
        """Moments that have passed, are to come, or are malformed."""
        now = self.claims["iat"]
        yield "expired", self.with_claims(exp=now - 60)
        yield "expired long ago", self.with_claims(exp=1)
        yield "not yet valid", self.with_claims(nbf=now + 3600)
        yield "issued in the future", self.with_claims(iat=now + 3600)
        yield "no exp", self.without("exp")
        for claim in ("exp", "nbf", "iat"):
            for name, value in (
                ("a text", str(now + 600)),
                ("null", None),
                ("true", True),
                ("a list", [now + 600]),
                ("an object", {}),
                ("negative", -1),
                ("2 to the 70th", 2**70),
            ):
                yield f"{claim} is {name}", self.with_claims(**{claim: value})
        for name, text in (("NaN", b"NaN"), ("infinite", b"Infinity"), ("1e400", b"1e400")):
            claims = dumped({**self.claims, "exp": 0}).replace(b'"exp": 0', b'"exp": ' + text)
            yield f"exp is {name}", self.signed(self.header, claims)
        digits = dumped({**self.claims, "exp": 0}).replace(b'"exp": 0', b'"exp": ' + b"9" * 5000)
        yield "exp has 5000 digits", self.signed(self.header, digits)

    def names(self) -> Iterator[tuple[str, str]]:
        """Issuers and subjects that are others, missing, or no names."""
        yield "no iss", self.without("iss")
        yield "no sub", self.without("sub")
        issuer = self.claims["iss"]
        for name, value in (
            ("another", "https://attacker.test"),
            ("with a slash more", issuer + "/"),
            ("with a part more", issuer + ".attacker.test"),
            ("in capitals", issuer.upper()),
            ("with a blank", f" {issuer}"),
            ("empty", ""),
            ("null", None),
            ("a list", [issuer]),
            ("a number", 1),
        ):
            yield f"iss is {name}", self.with_claims(iss=value)
        for name, value in (
            ("empty", ""),
            ("null", None),
            ("a number", 1),
            ("a list", ["alice"]),
            ("an object", {"name": "alice"}),
            ("true", True),
            ("NUL", "alice\0"),
            ("a line", "alice\nbob"),
            ("half a pair", "alice\ud800"),
            ("300 letters", "a" * 300),
            ("a terminal's escape", "\x1b[31malice"),
            ("text that runs backwards", "alice\u202e"),
        ):
            yield f"sub is {name}", self.with_claims(sub=value)

    def audiences(self) -> Iterator[tuple[str, str]]:
        """Audiences that are others, missing, or none."""
        yield "no aud", self.without("aud")
        for name, value in (
            ("another", "https://other.test"),
            ("others", ["https://other.test", "https://third.test"]),
            ("a part of ours", AUDIENCE[:-1]),
            ("longer than ours", AUDIENCE + "/v2"),
            ("in capitals", AUDIENCE.upper()),
            ("empty", ""),
            ("an empty list", []),
            ("null", None),
            ("a number", 1),
            ("true", True),
            ("an object", {AUDIENCE: True}),
            ("a list with a number", [AUDIENCE, 1]),
            ("a nested list", [[AUDIENCE]]),
        ):
            yield f"aud is {name}", self.with_claims(aud=value)

    def scopes(self) -> Iterator[tuple[str, str]]:
        """Scopes that are no texts."""
        for claim in ("scope", "scp", "permissions"):
            for name, value in (("a number", 1), ("an object", {"items:read": True}), ("null", None)):
                yield f"{claim} is {name}", self.with_claims(**{claim: value})
        yield "scope has a number", self.with_claims(scope=["items:read", 1])

    def encodings(self) -> Iterator[tuple[str, str]]:
        """Base64 that is padded, of the other alphabet, broken, or one of two spellings."""
        good = self.signed(self.header, self.claims)
        header, payload, signature = good.split(".")
        yield "signature padded", f"{good}=="
        yield "header padded", f"{header}=.{payload}.{signature}"
        yield "payload padded", f"{header}.{payload}=.{signature}"
        yield "signature in the other alphabet", f"{header}.{payload}.+/{signature[2:]}"
        yield "a letter too many", f"{header}.{payload}.{signature}AAA"
        last = signature[-1]
        twin = chr(ord(last) + 1) if last not in "Zz9_-" else "B"
        yield "a second spelling of the last byte", f"{header}.{payload}.{signature[:-1]}{twin}"
        yield "a line break inside", f"{header}.{payload[:10]}\n{payload[10:]}.{signature}"
        yield "a blank inside", f"{header}.{payload[:10]} {payload[10:]}.{signature}"
        yield "letters outside ASCII", f"{header}.{payload}.{signature[:-1]}\u00e9"
        yield "percent encoding", f"{header}.{payload}%2E{signature}"
        bom = b"\xef\xbb\xbf" + dumped(self.claims)
        yield "payload with a byte order mark", self.signed(self.header, bom)
        yield "payload in UTF-16", self.signed(self.header, json.dumps(self.claims).encode("utf-16"))
        latin = dumped(self.claims).replace(b"alice", b"alic\xe9")
        yield "payload in Latin-1", self.signed(self.header, latin)
        yield "header in UTF-16", self.signed(json.dumps(self.header).encode("utf-16-le"), self.claims)

    def shapes(self) -> Iterator[tuple[str, str]]:
        """What has not the shape of a token."""
        good = self.signed(self.header, self.claims)
        header, payload, signature = good.split(".")
        claims = dumped(self.claims)
        yield "one part", header
        yield "two parts", f"{header}.{payload}"
        yield "four parts", f"{good}.{signature}"
        yield (
            "five parts, as encrypted tokens have",
            f"{header}.{payload}.{signature}.{payload}.{signature}",
        )
        yield "three dots", "..."
        yield "dots alone", ".."
        yield "no header", f".{payload}.{signature}"
        yield "no payload", f"{header}..{signature}"
        yield "a point", "."
        yield "text", "letmein"
        yield (
            "JSON serialisation",
            json.dumps({"payload": payload, "signatures": [{"protected": header, "signature": signature}]}),
        )
        yield (
            "flattened JSON serialisation",
            json.dumps({"payload": payload, "protected": header, "signature": signature}),
        )
        for name, text in (
            ("a list", b"[]"),
            ("a text", b'"claims"'),
            ("null", b"null"),
            ("a number", b"1"),
            ("nothing", b""),
            ("half an object", b'{"sub":'),
            ("not JSON", b"<xml/>"),
            ("two objects", claims + b"{}"),
        ):
            yield f"payload is {name}", self.signed(self.header, text)
            yield f"header is {name}", self.signed(text, self.claims)
        yield "sub twice", self.signed(self.header, claims[:-1] + b', "sub": "root"}')
        yield "exp twice", self.signed(self.header, claims[:-1] + b', "exp": 4102444800}')
        inner = claims[:-1] + b', "act": {"sub": "a", "sub": "b"}}'
        yield "a member twice further down", self.signed(self.header, inner)
        for depth in (2_000, 100_000):
            deep = claims[:-1] + b', "deep": ' + b"[" * depth + b"]" * depth + b"}"
            yield f"{depth} lists in one another", self.signed(self.header, deep)
        objects = claims[:-1] + b', "deep": ' + b'{"a":' * 900 + b"1" + b"}" * 901
        yield "900 objects in one another", self.signed(self.header, objects)
        yield "a megabyte of claims", self.with_claims(padding="x" * 1_000_000)
        yield "9 KB of claims", self.with_claims(padding="x" * 9_000)
        yield "a megabyte of nothing", "A" * 1_000_000
        yield "a megabyte of dots", "." * 1_000_000
