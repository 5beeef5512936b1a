"""What `estuary dev` prints once it serves: the addresses, and a token where one is needed."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from estuary.app.access import permissions
from estuary.app.authentication import documented_scopes
from estuary.app.resources import load_resources
from estuary.app.trial import ISSUER, trial_token
from estuary.config.settings import Settings
from estuary.core.resource import Resource
from estuary.http.routes import API_PREFIX


def introduction(settings: Settings, origin: str, trial_keys: Path) -> list[str]:
    """The lines, for a service at `origin`; raises `DeclarationError` where it cannot be served.

    `trial_keys` is the file with the key that signs a trial's tokens, where those are accepted.
    """
    resources = load_resources(settings.resources)
    permissions(settings, resources, documented_scopes(settings))
    return [
        f"serving {', '.join(each.name for each in resources)} from {_store(settings)}",
        f"  {origin}/console",
        f"  {origin}/docs",
        *(f"  {origin}{API_PREFIX}/{each.name}" for each in resources[:1]),
        *_signing_in(settings, resources, trial_keys),
    ]


def _store(settings: Settings) -> str:
    """Where records are kept; not a URL, which may contain a password."""
    location = settings.database
    if location.kind == "memory":
        return "memory, which forgets them at every change"
    return location.kind if location.path is None else str(location.path)


def _signing_in(settings: Settings, resources: Sequence[Resource], trial_keys: Path) -> Iterator[str]:
    if not settings.auth_enabled:
        yield "  no token is needed: AUTH_ENABLED is false"
    elif settings.auth_issuer == (ISSUER,):
        yield "  sign in with this token, which is valid for 30 days, here only:"
        yield f"  {trial_token(settings, resources, trial_keys)}"
    else:
        if settings.accepts_tokens:
            yield f"  sign in with a token of {', '.join(settings.auth_issuer or settings.auth_jwks_urls)}"
        if settings.keys_enabled:
            yield "  sign in with an API key: estuary keys create --help"
