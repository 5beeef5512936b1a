"""The Redis that tests bring along does what they ask of it."""

import socket
from collections.abc import Iterator

import pytest

from tests.support.process import HOST
from tests.support.servers.redis import Redis, redis_server


@pytest.fixture
def redis() -> Iterator[Redis]:
    """A Redis that runs."""
    with redis_server() as server:
        yield server


def ask(server: Redis, seconds: float) -> bytes:
    """What it answers to a PING; raises `TimeoutError` if that is nothing."""
    with socket.create_connection((HOST, server.port), timeout=seconds) as connection:
        connection.sendall(b"PING\r\n")
        return connection.recv(64)


def test_it_comes_back_where_it_was(redis: Redis) -> None:
    """Its URL outlives a restart; while it is stopped, the port is closed."""
    url, first = redis.url, redis.pid
    redis.stop()
    with pytest.raises(ConnectionRefusedError):
        ask(redis, 10)
    redis.start()
    assert (url, b"+PONG\r\n") == (redis.url, ask(redis, 10))
    assert first != redis.pid


def test_it_can_be_frozen(redis: Redis) -> None:
    """Frozen, it takes connections and never answers; afterwards it does."""
    with redis.frozen(), pytest.raises(TimeoutError):
        ask(redis, 0.2)
    assert b"+PONG\r\n" == ask(redis, 10)
