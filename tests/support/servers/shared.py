"""One server of a kind for all tests of a run: started for the first, stopped after the last."""

from contextlib import ExitStack
from functools import cache

from tests.support.servers.convex import ConvexHost, convex_host
from tests.support.servers.pgbouncer import PgBouncer, pgbouncer
from tests.support.servers.postgres import Postgres, postgres_server
from tests.support.servers.redis import Redis, redis_server

_running = ExitStack()


@cache
def postgres() -> Postgres:
    """The PostgreSQL of this run; who stops or freezes it leaves it running, as it was."""
    return _running.enter_context(postgres_server())


@cache
def redis() -> Redis:
    """The Redis of this run; who uses it takes names of its own there."""
    return _running.enter_context(redis_server())


@cache
def convex() -> ConvexHost:
    """The Convex of this run, with the functions as they are; who uses it takes deployments of its own."""
    return _running.enter_context(convex_host())


@cache
def pooler() -> PgBouncer:
    """The PgBouncer of this run, before its PostgreSQL."""
    return _running.enter_context(pgbouncer(postgres()))


def stop_all() -> None:
    """End what was started."""
    _running.close()
