"""The configured rate limiter, and what applies during its outages."""

from collections.abc import Callable

from estuary.app.shared_state import SharedState
from estuary.config.redis import RedisLocation
from estuary.config.settings import Settings
from estuary.core.errors import LimiterRefused
from estuary.core.extras import needs
from estuary.core.ports import Observer, RateLimiter


def make_limiter(
    settings: Settings, shared: SharedState, monotonic: Callable[[], float], observe: Observer
) -> RateLimiter:
    """The limiter, not yet open; raises `LimiterRefused` if its driver is not installed."""
    local = shared.limiter(settings, monotonic)
    limiter = _elsewhere(settings, observe) if settings.rate_limit_enabled else None
    if limiter is None:
        return local
    from estuary.limits.outage import allowing, counting_locally

    match settings.rate_limit_on_outage:
        case "allow":
            return allowing(limiter)
        case "deny":
            return limiter
        case _:
            return counting_locally(limiter, local)


def _elsewhere(settings: Settings, observe: Observer) -> RateLimiter | None:
    """The limiter that counts for all replicas together; None if each machine counts for itself."""
    if settings.rate_limit_place == "redis" and settings.redis_url is not None:
        return _redis(settings, settings.redis_url, observe)
    if settings.rate_limit_place == "postgres":
        return _postgres(settings, observe)
    return None


def _redis(settings: Settings, location: RedisLocation, observe: Observer) -> RateLimiter:
    try:
        from estuary.limits.redis import RedisRateLimiter
        from estuary.redis.address import RedisAddress
    except ModuleNotFoundError as error:
        raise LimiterRefused(needs("Redis", "a driver", "redis")) from error
    return RedisRateLimiter(
        settings.rate_limit_max_requests,
        settings.rate_limit_window_seconds,
        RedisAddress(**location._asdict()),
        settings.redis_prefix,
        observe,
    )


def _postgres(settings: Settings, observe: Observer) -> RateLimiter:
    try:
        from estuary.limits.postgres import PostgresRateLimiter
    except ModuleNotFoundError as error:
        raise LimiterRefused(needs("PostgreSQL", "a driver", "postgres")) from error
    return PostgresRateLimiter(
        settings.rate_limit_max_requests,
        settings.rate_limit_window_seconds,
        settings.database.url,
        observe,
    )
