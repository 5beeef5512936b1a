"""The console's routes, its `config.json`, and the origins that its page may connect to."""

from collections.abc import Sequence

import msgspec

from estuary import __version__
from estuary.app.authentication import scopes
from estuary.app.service import Companion
from estuary.config.settings import Settings
from estuary.config.variables.pages import CONSOLE_ON_ADMIN
from estuary.core.resource import Resource
from estuary.http.messages import Route
from estuary.http.pages import PageHandlers, page_routes, policy
from estuary.pages.page import page_file, read_page

_OPENID = "openid"


class Metrics(msgspec.Struct):
    """Where metrics are, and whether they ask for a token of their own."""

    url: str
    token: bool


class Paths(msgspec.Struct):
    """Addresses relative to the console's own; null for what is not there."""

    api: str
    openapi: str
    health: str
    metrics: Metrics | None
    docs: str | None
    keys: str | None


class OpenIdConnect(msgspec.Struct):
    """The console as a client of the issuer; `audience` is what its access tokens must have as `aud`."""

    issuer: str
    client_id: str
    scopes: Sequence[str]
    audience: str | None


class SignIn(msgspec.Struct):
    """The ways to sign in; none where the API does not authenticate."""

    token: bool
    key: bool
    oidc: OpenIdConnect | None


class ConsoleConfig(msgspec.Struct):
    """The document `config.json`: version, ways to sign in, whether records have owners, addresses."""

    version: str
    sign_in: SignIn
    owners: bool
    paths: Paths


def make_console(
    settings: Settings, resources: Sequence[Resource], path: str
) -> tuple[Sequence[Route], Sequence[Companion]]:
    """The routes of the console at `path`, and its background tasks."""
    oidc = _open_id_connect(settings, resources)
    owners = settings.auth_enabled and settings.auth_owner_claim is not None
    config = ConsoleConfig(__version__, _sign_in(settings, oidc), owners, _paths(settings))
    beside = {"config.json": page_file(".json", msgspec.json.encode(config))}
    handlers = PageHandlers(path, read_page("console"), _policy(), beside)
    return page_routes(handlers), [] if oidc is None else [_origins(settings, oidc.issuer, handlers)]


def _policy(origins: Sequence[str] = ()) -> str:
    return policy(connect=origins, trusted_types=True)


def _origins(settings: Settings, issuer: str, handlers: PageHandlers) -> Companion:
    """Lets the page connect to the issuer, and to the issuer's other origins once its metadata is read."""
    from estuary.auth.fetch import fetch
    from estuary.auth.sign_in import SignInOrigins, origins

    https_only = settings.production
    handlers.allow(_policy(origins([issuer], https_only=https_only)))
    return SignInOrigins(issuer, fetch, lambda found: handlers.allow(_policy(found)), https_only=https_only)


def _open_id_connect(settings: Settings, resources: Sequence[Resource]) -> OpenIdConnect | None:
    client, issuers = settings.console_oidc_client_id, settings.auth_issuer
    if client is None or not issuers or not settings.auth_enabled:
        return None
    requested = settings.console_oidc_scopes or _required_scopes(settings, resources)
    audience = settings.auth_audience[0] if settings.auth_audience else None
    return OpenIdConnect(issuers[0], client, list(dict.fromkeys((_OPENID, *requested))), audience)


def _required_scopes(settings: Settings, resources: Sequence[Resource]) -> Sequence[str]:
    """The scopes that the resources require."""
    return [
        scope for resource in resources for scope in scopes(settings).of(resource.name) if scope is not None
    ]


def _sign_in(settings: Settings, oidc: OpenIdConnect | None) -> SignIn:
    asks = settings.auth_enabled
    return SignIn(asks and settings.accepts_tokens, asks and settings.keys_enabled, oidc)


def _paths(settings: Settings) -> Paths:
    beside_metrics = settings.admin_port is None or settings.console == CONSOLE_ON_ADMIN
    return Paths(
        api="../api/v1",
        openapi="../openapi.json",
        health="../health",
        metrics=Metrics("../metrics", settings.metrics_token is not None) if beside_metrics else None,
        docs="../docs/" if settings.docs_enabled else None,
        keys=None if settings.keys_role is None else "../api/v1/keys",
    )
