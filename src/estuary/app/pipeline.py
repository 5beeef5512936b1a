"""The stages that a request passes before its handler, as the settings ask for them."""

from collections.abc import Callable

from estuary.config.settings import Settings
from estuary.core.ports import Observer
from estuary.http.client_address import Client, ClientAddress
from estuary.http.guards.cors import Cors
from estuary.http.guards.head import check_head
from estuary.http.guards.in_flight import InFlightCap
from estuary.http.guards.rate_limit import RateLimit
from estuary.http.guards.version import check_version
from estuary.http.messages import Check, Guard, Request
from estuary.limits.local import LocalRateLimiter
from estuary.telemetry.clock import SystemClock


def checks(settings: Settings, cors: Cors, observe: Observer, in_flight: Callable[[], int]) -> list[Check]:
    """The stages that decide at once, in the order in which a request passes them."""
    cap = InFlightCap(settings.max_in_flight, in_flight, observe)
    return [check_head, cap, *([cors] if settings.cors_allowed_origins else []), check_version]


def guards(settings: Settings, clock: SystemClock, observe: Observer) -> list[Guard]:
    """The stages that may wait, after the checks."""
    if not settings.rate_limit_enabled:
        return []
    limiter = LocalRateLimiter(
        settings.rate_limit_max_requests,
        settings.rate_limit_window_seconds,
        settings.rate_limit_max_clients,
        clock.monotonic,
    )
    return [RateLimit(limiter, observe)]


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
