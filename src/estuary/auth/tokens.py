"""The `TokenVerifier` for JWTs whose issuers publish their keys (RFC 7519, RFC 8725)."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from estuary.auth.claims import ClaimRules
from estuary.auth.compact import Compact, parse
from estuary.auth.jwks import KeySource
from estuary.auth.key_set import Key
from estuary.auth.verified import VerifiedTokens
from estuary.core.access.identity import Identity, Refusal
from estuary.core.errors import KeysUnavailable, Unauthenticated
from estuary.core.ports import Clock

_MOST_CANDIDATES = 4
"""How many keys with the same id are tried: ids are unique in a set (RFC 7517, 4.5), but sets may
overlap."""


class Issuer(NamedTuple):
    """An issuer: the prefix of its subjects, and the sources of its keys."""

    prefix: str
    sources: Sequence[KeySource]


class JwtVerifier:
    """Verifies tokens of the `issuers` (by the claim `iss`), or of any issuer with the keys of `anyone`."""

    def __init__(
        self,
        issuers: Mapping[str, Issuer],
        anyone: Issuer | None,
        *,
        algorithms: frozenset[str],
        rules: ClaimRules,
        verified: VerifiedTokens,
        clock: Clock,
    ) -> None:
        self._issuers = issuers
        self._anyone = anyone
        self._algorithms = algorithms
        self._rules = rules
        self._verified = verified
        self._timestamp = clock.timestamp
        self.known = verified.find

    async def verify(self, token: str, name: str) -> Identity:
        """Verify a token, as the port says.

        The cheapest check comes first: form, claims, key, and the signature last. So a forged token of an
        unknown issuer, or an expired one, is refused without cryptography, and never triggers a fetch of
        keys.
        """
        compact = parse(token, self._algorithms)
        issuer = self._issuer(compact)
        identity, expires = self._rules.holder(compact.claims, issuer.prefix, self._timestamp())
        keys = _candidates(issuer, compact)
        if not keys:
            keys = await _looked_for(issuer, compact)
        if not any(key.signed(compact.signed, compact.signature) for key in keys):
            raise Unauthenticated(Refusal.SIGNATURE)
        # There was no await since the keys were found, so the token is remembered under current keys.
        self._verified.add(name, identity, expires)
        return identity

    def _issuer(self, compact: Compact) -> Issuer:
        name = compact.claims.get("iss")
        if name is not None and not isinstance(name, str):
            raise Unauthenticated(Refusal.CLAIMS)
        found = self._anyone if name is None else self._issuers.get(name, self._anyone)
        if found is None:
            raise Unauthenticated(Refusal.CLAIMS if name is None else Refusal.ISSUER)
        return found


def _candidates(issuer: Issuer, compact: Compact) -> Sequence[Key]:
    """The keys that may have signed the token; if it names none, there must be only one."""
    keys = [
        key for source in issuer.sources for key in source.candidates(compact.key_id, compact.algorithm)
    ]
    if compact.key_id is None:
        return keys if len(keys) == 1 else ()
    return keys[:_MOST_CANDIDATES]


async def _looked_for(issuer: Issuer, compact: Compact) -> Sequence[Key]:
    """The keys that may have signed the token after they were fetched; raises `Unauthenticated` if none."""
    await asyncio.gather(*(source.look_again() for source in issuer.sources))
    keys = _candidates(issuer, compact)
    if keys:
        return keys
    if not all(source.available for source in issuer.sources):
        raise KeysUnavailable
    raise Unauthenticated(Refusal.UNKNOWN_KEY)
