"""The table of all variables, from which error messages and documents are generated, too."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from estuary.config.convex import CONVEX
from estuary.config.database_url import DEFAULTS, DatabaseLocation
from estuary.config.errors import HIDDEN
from estuary.config.variable import Variable
from estuary.config.variables.api_keys import ApiKeyVariables
from estuary.config.variables.authentication import AuthenticationVariables
from estuary.config.variables.backups import BackupVariables
from estuary.config.variables.cache import CacheVariables
from estuary.config.variables.database import DatabaseVariables
from estuary.config.variables.logging import LoggingVariables
from estuary.config.variables.monitoring import MonitoringVariables
from estuary.config.variables.pages import PageVariables
from estuary.config.variables.rate_limit import RateLimitVariables
from estuary.config.variables.redis import RedisVariables
from estuary.config.variables.security import SecurityVariables
from estuary.config.variables.server import ServerVariables
from estuary.config.variables.service import PRODUCTION, ServiceVariables


class Settings(
    ServiceVariables,
    ServerVariables,
    DatabaseVariables,
    CacheVariables,
    BackupVariables,
    LoggingVariables,
    RateLimitVariables,
    RedisVariables,
    SecurityVariables,
    AuthenticationVariables,
    ApiKeyVariables,
    MonitoringVariables,
    PageVariables,
):
    """The validated values of all variables; immutable. Made by `load` in `environment`.

    The sections are in the order of the documents; the first has the profile, on which defaults depend.
    """

    __slots__ = ("values",)

    values: Mapping[str, Any]

    def __init__(self, values: Mapping[str, Any]) -> None:
        object.__setattr__(self, "values", MappingProxyType(dict(values)))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{name} cannot be set: settings do not change")

    def __repr__(self) -> str:
        pairs = (
            f"{each.attribute}={HIDDEN if each.secret else repr(self.values[each.attribute])}"
            for each in TABLE
        )
        return f"Settings({', '.join(pairs)})"

    @property
    def production(self) -> bool:
        """Whether this is the production profile."""
        return self.app_profile == PRODUCTION

    @property
    def rate_limit_place(self) -> str:
        """The limiter to use: "local", "redis" or "postgres"."""
        if self.rate_limit_store == "auto":
            return "local" if self.redis_url is None else "redis"
        return self.rate_limit_store

    @property
    def accepts_tokens(self) -> bool:
        """Whether any issuer's tokens are accepted where authentication is on."""
        return bool(self.auth_jwks_urls or self.auth_issuer)

    @property
    def database(self) -> DatabaseLocation:
        """The database, determined by DATABASE_URL, DATABASE_TYPE and CONVEX_DEPLOYMENT_URL."""
        kind = self.database_type
        url = self.values.get(DatabaseVariables.convex_deployment_url.attribute) if kind == CONVEX else None
        return self.database_url or DEFAULTS.get(kind) or DatabaseLocation(kind, url=url or "")

    @property
    def backup_status(self) -> Path | None:
        """The status file of the last backup, None if none is configured and the store is not SQLite."""
        path = self.database.path
        beside = None if path is None else path.with_name(f"{path.name}.last-backup.json")
        return self.backup_status_path or beside


TABLE: tuple[Variable[Any], ...] = tuple(
    member
    for section in Settings.__bases__
    for member in vars(section).values()
    if isinstance(member, Variable)
)
"""Every variable, in the order of the documents."""
