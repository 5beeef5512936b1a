"""Settings: the one table of every variable, from which errors and documents follow as well."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from estuary.config.database import DATABASE_TYPE, DATABASE_URL, DEFAULTS, DatabaseLocation
from estuary.config.forms import BOOLEAN, HEADER_TEXT, REFERENCES, checked, choice, only, whole_number
from estuary.config.networks import HOST, NETWORKS, ORIGINS
from estuary.config.problems import HIDDEN
from estuary.config.variable import Variable
from estuary.telemetry.filter import Filter

PRODUCTION = "production"

_LOG_FILTER = checked(
    "a comma list of level or target=level, the levels being off, error, warn, info, debug and trace",
    Filter,
)


class Settings:
    """The values of all variables, read and checked; immutable. `load` makes it, see `environment`."""

    __slots__ = ("values",)

    app_profile = Variable(
        choice("development", PRODUCTION),
        section="Service",
        default="development",
        summary="What Estuary is run for; it decides the defaults below.",
    )
    resources = Variable(
        REFERENCES,
        section="Service",
        default="estuary.core.items:ITEMS",
        summary="The resources to serve: where each is declared.",
    )

    host = Variable(
        HOST,
        section="Server",
        default="0.0.0.0",  # noqa: S104  # a service in a container is reached from outside
        summary="The address to listen on; 127.0.0.1 keeps it to this machine, :: adds IPv6.",
    )
    port = Variable(
        whole_number(1, 65_535),
        section="Server",
        default="3000",
        summary="The TCP port to listen on.",
    )
    workers = Variable(
        only("1", "this release serves from one worker process", whole_number(1, 64)),
        section="Server",
        default="1",
        aliases=("TOKIO_WORKER_THREADS",),
        summary="How many worker processes serve requests.",
    )
    max_body_bytes = Variable(
        whole_number(1024, 1024**3),
        section="Server",
        default=str(2 * 1024**2),
        summary="The longest request body, in bytes; a longer one is answered 413.",
    )
    request_body_timeout_seconds = Variable(
        whole_number(1, 300),
        section="Server",
        default="15",
        summary="How long a request body may take to arrive; a slower one is answered 408.",
    )
    max_in_flight = Variable(
        whole_number(1, 65_536),
        section="Server",
        default="1024",
        summary="How many requests are worked on at a time; those beyond are answered 503 at once.",
    )
    shutdown_timeout_seconds = Variable(
        whole_number(1, 300),
        section="Server",
        default="30",
        summary="How long a shutdown may take in all; what is unfinished then is cut off.",
    )
    shutdown_drain_seconds = Variable(
        whole_number(0, 60),
        section="Server",
        default="0",
        production="2",
        summary="How long readiness says 503 before the port closes, so that load balancers look away; "
        "less than SHUTDOWN_TIMEOUT_SECONDS.",
    )

    database_url = Variable(
        DATABASE_URL,
        section="Database",
        secret=True,
        summary="Where records are kept; it wins over DATABASE_TYPE.",
    )
    database_type = Variable(
        DATABASE_TYPE,
        section="Database",
        default="sqlite",
        summary="What keeps the records when DATABASE_URL is unset; sqlite is the file data/estuary.db, "
        "memory forgets everything at exit.",
    )
    database_timeout_seconds = Variable(
        whole_number(1, 60),
        section="Database",
        default="5",
        summary="How long one operation on the database may take; a slower one is answered 503.",
    )

    log_filter = Variable(
        _LOG_FILTER,
        section="Logging",
        default="estuary=debug",
        production="estuary=info",
        aliases=("RUST_LOG",),
        summary="Which lines are logged: estuary=info,estuary::http=warn.",
    )
    log_format = Variable(
        choice("auto", "json", "text"),
        section="Logging",
        default="auto",
        summary="How lines look; auto is text on a terminal in development, else JSON.",
    )

    rate_limit_enabled = Variable(
        BOOLEAN,
        section="Rate limit",
        default="true",
        summary="Whether requests are limited per client.",
    )
    rate_limit_max_requests = Variable(
        whole_number(1, 1_000_000_000),
        section="Rate limit",
        default="1000",
        production="100",
        summary="How many requests a client may make in any window; those beyond are answered 429.",
    )
    rate_limit_window_seconds = Variable(
        whole_number(1, 86_400),
        section="Rate limit",
        default="60",
        summary="The length of that window.",
    )
    rate_limit_max_clients = Variable(
        whole_number(1, 16_777_216),
        section="Rate limit",
        default="65536",
        summary="How many clients are counted apart, which bounds memory; those beyond share counts.",
    )
    trusted_proxies = Variable(
        NETWORKS,
        section="Rate limit",
        summary="The proxies in front of Estuary, whose X-Forwarded-For and Forwarded are believed.",
    )

    security_strict_mode = Variable(
        BOOLEAN,
        section="Security",
        default="false",
        production="true",
        summary="Whether answers carry HSTS and the strict Content-Security-Policy.",
    )
    security_csp = Variable(
        HEADER_TEXT,
        section="Security",
        summary="The Content-Security-Policy, instead of either mode's own.",
    )
    cors_allowed_origins = Variable(
        ORIGINS,
        section="Security",
        default="*",
        production="",
        summary="The origins whose pages may call the API from a browser.",
    )
    auth_enabled = Variable(
        only("false", "this release cannot verify tokens, and the API would stand open", BOOLEAN),
        section="Security",
        default="false",
        summary="Whether requests must carry a token.",
    )

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
    def database(self) -> DatabaseLocation:
        """Where records are kept, DATABASE_URL and DATABASE_TYPE taken together."""
        return self.database_url or DEFAULTS[self.database_type]


TABLE: tuple[Variable[Any], ...] = tuple(
    member for member in vars(Settings).values() if isinstance(member, Variable)
)
"""Every variable, in the order of the documents."""
