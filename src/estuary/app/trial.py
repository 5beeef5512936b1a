"""A token for trials: who it speaks of has every scope and every role that the resources ask for."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from estuary.app.authentication import documented_scopes
from estuary.config.errors import ConfigurationError
from estuary.config.settings import Settings
from estuary.core.access.access import Who
from estuary.core.extras import needs
from estuary.core.resource import Resource

ISSUER, AUDIENCE, SUBJECT = "estuary-dev", "estuary-dev", "trial"
_TRIAL_DAYS, _DAY_SECONDS = 30, 86_400
_ALGORITHM = "EdDSA"
"""Which signs the same token the same way: a token that was copied stays the one that is printed."""


def trial_issuer(path: Path) -> Path:
    """The file with the public keys of the trial whose private key is at `path`, made if it is not there.

    Raises `ConfigurationError`.
    """
    try:
        from estuary.auth.trial import BadKeyFile, keys_at, public_path
    except ModuleNotFoundError as error:
        raise ConfigurationError([needs("a token for trials", str(error.name), "auth")]) from error
    try:
        path.parent.mkdir(exist_ok=True)
        keys_at(path, _ALGORITHM)
    except (BadKeyFile, OSError) as error:
        raise ConfigurationError([f"{path} cannot be used: {error}"]) from error
    return public_path(path)


def trial_token(settings: Settings, resources: Sequence[Resource], path: Path) -> str:
    """A token signed with the key at `path`, valid for 30 days; it is the same all day."""
    from estuary.auth.trial import TrialKeys

    today = int(time.time()) // _DAY_SECONDS * _DAY_SECONDS
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": SUBJECT,
        "iat": today,
        "exp": today + _TRIAL_DAYS * _DAY_SECONDS,
        "scope": " ".join(sorted(_scopes(settings, resources))),
    }
    if settings.auth_owner_claim is not None:
        claims.setdefault(settings.auth_owner_claim, SUBJECT)
    if settings.auth_roles_claim is not None:
        _set(claims, settings.auth_roles_claim.split("."), sorted(_roles(resources)))
    return TrialKeys.read(path).sign(claims)


def _scopes(settings: Settings, resources: Sequence[Resource]) -> set[str]:
    """The scopes that the configuration requires, and those that access rules name."""
    asked = documented_scopes(settings)
    configured = {scope for each in resources if asked for scope in asked.of(each.name) if scope}
    return configured.union(*(who.scopes for who in _named(resources)))


def _roles(resources: Sequence[Resource]) -> set[str]:
    return set[str]().union(*(who.roles for who in _named(resources)))


def _named(resources: Sequence[Resource]) -> Iterator[Who]:
    """All those whom access rules speak of."""
    for each in resources:
        if each.access is not None:
            yield from each.access.rules.values()


def _set(claims: dict[str, Any], path: Sequence[str], value: object) -> None:
    """Set the claim at `path`, as of `realm_access.roles`."""
    *outer, name = path
    for each in outer:
        claims = claims.setdefault(each, {})
    claims[name] = value
