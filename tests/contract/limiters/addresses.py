"""The addresses of the servers that limiters count in."""

from typing import Any

from estuary.redis.address import RedisAddress
from tests.support.process import HOST
from tests.support.servers.redis import Redis


def redis_address(server: Redis, **parts: Any) -> RedisAddress:
    """Where the server is; `parts` say as whom to come."""
    return RedisAddress(host=HOST, port=server.port, **parts)
