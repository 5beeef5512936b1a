"""The stages that a request passes before its handler, as the settings ask for them."""

from collections.abc import Callable, Sequence

from estuary.config.settings import Settings
from estuary.core.ports import Observer, RateLimiter
from estuary.http.client_address import Client, ClientAddress
from estuary.http.guards.cors import Cors
from estuary.http.guards.head import check_head
from estuary.http.guards.in_flight import InFlightCap
from estuary.http.guards.rate_limit import RateLimit
from estuary.http.guards.version import check_version
from estuary.http.messages import Check, Guard, Request


def checks(settings: Settings, cors: Cors, observe: Observer, in_flight: Callable[[], int]) -> list[Check]:
    """The stages that decide at once, in the order in which a request passes them."""
    cap = InFlightCap(settings.max_in_flight, in_flight, observe)
    return [check_head, cap, *([cors] if settings.cors_allowed_origins else []), check_version]


def guards(
    settings: Settings, limiter: RateLimiter, auth: Sequence[Guard], observe: Observer
) -> list[Guard]:
    """The stages that may wait, after the checks."""
    return [*([RateLimit(limiter, observe)] if settings.rate_limit_enabled else []), *auth]


def locator(settings: Settings) -> Callable[[Request], Client]:
    """The function that finds a request's client."""
    find = ClientAddress(settings.trusted_proxies)
    if not find.reads_headers:
        return lambda request: find(request.peer)
    return lambda request: find(
        request.peer,
        request.headers.get_all("x-forwarded-for"),
        request.headers.get_all("forwarded"),
    )
