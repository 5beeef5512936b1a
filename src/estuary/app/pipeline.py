"""The guards that a request passes before its handler, as configured."""

from collections.abc import Sequence

from estuary.config.settings import Settings
from estuary.core.ports import Observer, RateLimiter
from estuary.http.guards.cors import Cors, Preflight
from estuary.http.guards.head import HeadLimits
from estuary.http.guards.in_flight import InFlightCap
from estuary.http.guards.rate_limit import RateLimit, SubjectRateLimit
from estuary.http.guards.version import SupportedVersion
from estuary.http.messages import Guard
from estuary.http.under_way import RequestsUnderWay


def guards(
    settings: Settings,
    cors: Cors,
    counting: Sequence[Guard],
    auth: Sequence[Guard],
    by_subject: Sequence[Guard],
    access: Sequence[Guard],
    observe: Observer,
    in_flight: RequestsUnderWay,
) -> list[Guard]:
    """The guards in the order in which a request passes them, the cheapest refusal first."""
    return [
        *_preflights(settings, cors),
        HeadLimits(),
        InFlightCap(settings.max_in_flight, in_flight, observe),
        SupportedVersion(),
        *counting,
        *auth,
        *by_subject,
        *access,
    ]


def doors(settings: Settings, cors: Cors, counting: Sequence[Guard]) -> list[Guard]:
    """The guards for requests that were refused before routing."""
    return [*_preflights(settings, cors), *counting]


def _preflights(settings: Settings, cors: Cors) -> list[Guard]:
    return [Preflight(cors)] if settings.cors_allowed_origins else []


def rate_limit(settings: Settings, limiter: RateLimiter, observe: Observer) -> list[Guard]:
    """The guard that counts a client's requests, also those refused unread; none if the limit is off."""
    return [RateLimit(limiter, observe)] if settings.rate_limit_enabled else []


def subject_rate_limit(
    settings: Settings, limiter: RateLimiter, observe: Observer
) -> list[SubjectRateLimit]:
    """The guard that counts the requests of a subject, from whatever addresses; none unless asked for."""
    is_on = settings.rate_limit_enabled and settings.rate_limit_by == "subject"
    return [SubjectRateLimit(limiter, observe)] if is_on else []
