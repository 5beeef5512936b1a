"""The rate limit counted in PostgreSQL: one over every worker of every replica, and no further server."""

from estuary.limits.postgres.limiter import PostgresRateLimiter

__all__ = ["PostgresRateLimiter"]
