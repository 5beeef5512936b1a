"""The configured cache in front of a store; its driver is imported only if it is used."""

from typing import TYPE_CHECKING

from estuary.app.shared_state import SharedState
from estuary.config.redis import RedisLocation
from estuary.config.settings import Settings
from estuary.core.errors import StoreRefused
from estuary.core.extras import needs
from estuary.core.ports import Clock, Observer, Store

if TYPE_CHECKING:  # imported only where a cache is configured
    from estuary.stores.cache.port import Caches

_SLACK_SECONDS = 5
"""By how much a lease in Redis outlives the longest read of the store."""


def with_cache(
    settings: Settings, store: Store, shared: SharedState, clock: Clock, observe: Observer
) -> Store:
    """`store`, behind a cache if one is configured.

    Raises `StoreRefused` if the cache's driver is not installed.
    """
    if settings.cache_type == "none":
        return store
    from estuary.stores.cached import CachedStore

    if settings.cache_type == "redis" and settings.redis_url is not None:
        caches = _in_redis(settings, settings.redis_url, shared, clock, observe)
    else:
        caches = _local(settings, shared, clock)
    return CachedStore(store, caches, observe)


def _local(settings: Settings, shared: SharedState, clock: Clock) -> "Caches":
    from estuary.stores.cache.local_cache import LocalCaches

    return LocalCaches(
        settings.cache_max_entries,
        settings.cache_ttl_seconds,
        monotonic=clock.monotonic,
        stamps=shared.stamps(),
    )


def _in_redis(
    settings: Settings, location: RedisLocation, shared: SharedState, clock: Clock, observe: Observer
) -> "Caches":
    try:
        from estuary.redis.address import RedisAddress
        from estuary.stores.cache.redis_cache import RedisCaches
    except ModuleNotFoundError as error:
        raise StoreRefused(needs("Redis", "a driver", "redis")) from error
    return RedisCaches(
        RedisAddress(**location._asdict()),
        settings.redis_prefix,
        ttl=settings.cache_ttl_seconds,
        lease=settings.database_timeout_seconds + _SLACK_SECONDS,
        monotonic=clock.monotonic,
        distrusted_until=shared.distrusted_until,
        observe=observe,
    )
