"""What the console is told of the service that it belongs to."""

import msgspec

from estuary.config.settings import Settings


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


class SignIn(msgspec.Struct):
    """The ways to say who one is; none where the API asks nobody."""

    token: bool
    key: bool
    oidc: None


class ConsoleConfig(msgspec.Struct):
    """The document `config.json`: the service's version, ways to sign in, and addresses."""

    version: str
    sign_in: SignIn
    paths: Paths


def told(settings: Settings, version: str) -> bytes:
    """`config.json` for the console on PORT."""
    details = settings.admin_port is None
    metrics = Metrics("../metrics", settings.metrics_token is not None) if details else None
    asks = settings.auth_enabled
    return msgspec.json.encode(
        ConsoleConfig(
            version,
            SignIn(asks and settings.accepts_tokens, asks and settings.keys_enabled, None),
            Paths(
                "../api/v1",
                "../openapi.json",
                "../health",
                metrics,
                "../docs/" if settings.docs_enabled else None,
                None if settings.keys_role is None else "../api/v1/keys",
            ),
        )
    )
