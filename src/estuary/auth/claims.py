"""Claims (RFC 7519, 4): types and rules are checked before a claim is used."""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from estuary.auth.roles import RolesClaim
from estuary.core.access.identity import (
    KEY_SUBJECT_PREFIX,
    MAX_SUBJECT_LENGTH,
    NO_OWNER,
    NO_ROLES,
    Identity,
    Refusal,
)
from estuary.core.errors import Unauthenticated

_LATEST = 253_402_300_799
"""The end of the year 9999: a later time in a token is an error."""

_SCOPE_CLAIMS = ("scope", "scp", "permissions")
"""The claims in which issuers list what a token grants: RFC 8693, 4.2; Microsoft and Okta; Auth0."""


class Holder(NamedTuple):
    """The identity that a token is for, and when it expires (seconds since the epoch)."""

    identity: Identity
    expires: float


class ClaimRules:
    """The rules for the claims of every issuer's tokens.

    A token must be for one of `audiences`, if there are any. `owner_claim` names the claim with the owner
    of the bearer's records, None if records have no owners; `roles_claim` the one with the bearer's roles,
    None if tokens give none. `skew` is the tolerated difference between clocks in seconds. `prefixes` keep
    the subjects of different issuers distinct; those of API keys have one of their own.
    """

    def __init__(
        self,
        *,
        audiences: frozenset[str],
        owner_claim: str | None,
        skew: float,
        prefixes: tuple[str, ...] = (),
        roles_claim: str | None = None,
    ) -> None:
        self._audiences = audiences
        self._owner_claim = owner_claim
        self._skew = skew
        self._prefixes = tuple(prefix for prefix in prefixes if prefix)
        self._roles = None if roles_claim is None else RolesClaim(roles_claim)

    def holder(self, claims: dict[str, Any], prefix: str, now: float) -> Holder:
        """The identity in `claims`, its subject with the issuer's `prefix`; raises `Unauthenticated`."""
        expires = self._expiry(claims, now)
        self._check_audience(claims)
        subject = self._name(claims, "sub", prefix)
        if subject.startswith(KEY_SUBJECT_PREFIX):
            raise Unauthenticated(Refusal.CLAIMS)
        owner = self._owner(claims, prefix)
        roles = NO_ROLES if self._roles is None else self._roles.roles(claims)
        return Holder(Identity(subject, owner, frozenset(_scopes(claims)), roles), expires)

    def _owner(self, claims: dict[str, Any], prefix: str) -> str | None:
        """The owner, `NO_OWNER` where the token names none: not everything that is asked for needs one."""
        claim = self._owner_claim
        if claim is None:
            return None
        return NO_OWNER if claims.get(claim) is None else self._name(claims, claim, prefix)

    def _expiry(self, claims: dict[str, Any], now: float) -> float:
        """When the token expires, `skew` included; raises `Unauthenticated` if it has."""
        expires = _moment(claims, "exp")
        if expires is None:
            raise Unauthenticated(Refusal.CLAIMS)
        for name in ("nbf", "iat"):
            begins = _moment(claims, name)
            if begins is not None and begins > now + self._skew:
                raise Unauthenticated(Refusal.NOT_YET_VALID)
        if expires + self._skew <= now:
            raise Unauthenticated(Refusal.EXPIRED)
        return expires + self._skew

    def _check_audience(self, claims: dict[str, Any]) -> None:
        given = claims.get("aud", [])
        named = [given] if isinstance(given, str) else given
        if not isinstance(named, list) or not all(isinstance(each, str) for each in named):
            raise Unauthenticated(Refusal.CLAIMS)
        if self._audiences and self._audiences.isdisjoint(named):
            raise Unauthenticated(Refusal.AUDIENCE)

    def _name(self, claims: dict[str, Any], claim: str, prefix: str) -> str:
        """A subject or owner that no other issuer's token can have; raises `Unauthenticated`."""
        name = claims.get(claim)
        # Not printable: control characters and lone surrogates, which stores and logs cannot represent.
        if not isinstance(name, str) or not 0 < len(name) <= MAX_SUBJECT_LENGTH or not name.isprintable():
            raise Unauthenticated(Refusal.CLAIMS)
        if not prefix and name.startswith(self._prefixes):
            raise Unauthenticated(Refusal.CLAIMS)
        return prefix + name


def _moment(claims: dict[str, Any], name: str) -> float | None:
    """A NumericDate (RFC 7519, 2), None if the claim is absent; raises `Unauthenticated`."""
    if name not in claims:
        return None
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unauthenticated(Refusal.CLAIMS)
    if not 0 <= value <= _LATEST or math.isnan(value):
        raise Unauthenticated(Refusal.CLAIMS)
    return value


def _scopes(claims: dict[str, Any]) -> Iterator[str]:
    """The scopes in all of the claims, each a space-separated text or a list of texts."""
    for claim in _SCOPE_CLAIMS:
        given = claims.get(claim, [])
        if isinstance(given, str):
            yield from given.split()
        elif isinstance(given, list) and all(isinstance(each, str) for each in given):
            yield from given
        else:
            raise Unauthenticated(Refusal.CLAIMS)
