"""Identity: who a verified token says is asking; and the reasons for which a request is refused."""

from enum import StrEnum

import msgspec

NO_ROLES: frozenset[str] = frozenset()

NO_OWNER = ""
"""What no owner is called: who has it as an owner sees no owner's records."""

KEY_SUBJECT_PREFIX = "key:"
"""What the subjects of API keys begin with, and no token's may."""

MAX_SUBJECT_LENGTH = MAX_OWNER_LENGTH = 255
"""Characters of the longest subject, and the longest owner; OpenID Connect Core, 2, sets it for `sub`."""


class Identity(msgspec.Struct, frozen=True, gc=False):
    """The bearer of a valid token or API key.

    `subject` is unique among all issuers and keys; `owner` is whose records the bearer sees, None where
    everybody's, `NO_OWNER` where it is for a token to say and this one does not; `scopes` are what the
    token grants; `roles` what its issuer says the bearer is.
    """

    subject: str
    owner: str | None
    scopes: frozenset[str]
    roles: frozenset[str] = NO_ROLES


class Refusal(StrEnum):
    """Why a request was not let in: the whole set, so that nothing a client sends can widen a metric."""

    MISSING = "missing"
    """There is no bearer token."""
    MALFORMED = "malformed"
    """It is not a JWT in compact form, or it asks for something that is never done (RFC 8725)."""
    ALGORITHM = "algorithm"
    """It is signed, or pretends to be, in a way that is not allowed."""
    CLAIMS = "claims"
    """A claim is missing or not of its type."""
    ROLES = "roles"
    """The claim that AUTH_ROLES_CLAIM names is neither a text nor a list of texts."""
    ISSUER = "issuer"
    """It is another issuer's."""
    AUDIENCE = "audience"
    """It is meant for another service."""
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    UNKNOWN_KEY = "unknown_key"
    """Its issuer has published no such key; or there is no such API key, or its secret is another one."""
    REVOKED = "revoked"
    """It is an API key that was revoked."""
    SIGNATURE = "signature"
    """The key did not sign it."""
    SCOPE = "scope"
    """It holds, but does not grant what was asked for."""
    ACCESS = "access"
    """Access rules refuse what was asked for, to its bearer or to everyone."""
    BLOCKED = "blocked"
    """Its client has had too many tokens refused; this one was not looked at."""
    KEYS_UNAVAILABLE = "keys_unavailable"
    """The issuer's keys have never been fetched: the token cannot be judged."""
