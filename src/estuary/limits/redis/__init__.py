"""The rate limit counted in Redis: one over every worker of every replica."""

from estuary.limits.redis.limiter import RedisRateLimiter

__all__ = ["RedisRateLimiter"]
