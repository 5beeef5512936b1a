"""A service that asks for an issuer's tokens: records have owners, and there are roles and scopes."""

from estuary.http.scopes import Scopes
from tests.support.issuer import AUDIENCE, Issuer

READ, WRITE = "r", "w"
"""The scopes that are asked for, of every resource."""
SCOPES = Scopes(READ, WRITE)


def asking_for_tokens(issuer: Issuer, **variables: str) -> dict[str, str]:
    """The variables of such a service, and others."""
    return {
        "AUTH_ENABLED": "true",
        "AUTH_ISSUER": issuer.url,
        "AUTH_AUDIENCE": AUDIENCE,
        "AUTH_OWNER_CLAIM": "tenant",
        "AUTH_ROLES_CLAIM": "roles",
        "AUTH_READ_SCOPE": READ,
        "AUTH_WRITE_SCOPE": WRITE,
        "AUTH_FAILURE_LIMIT": "0",
        "RATE_LIMIT_ENABLED": "false",
        **variables,
    }


def bearing_token(issuer: Issuer, owner: str | None, *roles: str) -> dict[str, str]:
    """The header that carries a token for this owner, with these roles and both scopes."""
    token = issuer.token(sub=f"s-{owner}", tenant=owner, roles=list(roles), scope=f"{READ} {WRITE}")
    return {"authorization": f"Bearer {token}"}
