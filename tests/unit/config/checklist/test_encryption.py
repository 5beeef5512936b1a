"""The line on what goes to databases: encrypted, or on this machine."""

import pytest

from estuary.config.checklist import encryption
from tests.unit.config.checklist.judging import judge


@pytest.mark.parametrize(
    ("variables", "expected", "message"),
    [
        ({}, "pass", "nothing is sent"),
        ({"DATABASE_URL": "postgres://db.internal/records"}, "warn", "db.internal may be spoken to"),
        ({"DATABASE_URL": "postgres://a:b@10.0.0.7:5432/records"}, "warn", "10.0.0.7 "),
        ({"DATABASE_URL": "postgres://[2001:db8::7]:5432/records"}, "warn", "2001:db8::7 "),
        ({"DATABASE_URL": "postgres://localhost,db2/records"}, "warn", "PostgreSQL on db2 "),
        ({"DATABASE_URL": "postgres://db/records?sslmode=disable"}, "warn", "sslmode=disable"),
        ({"DATABASE_URL": "postgres://db/records?sslmode=prefer"}, "warn", "sslmode=prefer"),
        ({"DATABASE_URL": "postgres:///records?host=db.internal"}, "warn", "db.internal"),
        ({"DATABASE_URL": "postgres://db/records?sslmode=require"}, "pass", "by TLS"),
        ({"DATABASE_URL": "postgres://db/records?sslmode=verify-full"}, "pass", "by TLS"),
        ({"DATABASE_URL": "postgres://127.0.0.1:5432/records"}, "pass", "on this machine"),
        ({"DATABASE_URL": "postgres://[::1]/records"}, "pass", "on this machine"),
        ({"DATABASE_URL": "postgres:///records?host=/run/postgresql"}, "pass", "on this machine"),
        ({"REDIS_URL": "redis://:p@cache.internal:6379/0"}, "warn", "cache.internal"),
        ({"REDIS_URL": "rediss://:p@cache.internal:6379/0"}, "pass", "by TLS"),
        ({"REDIS_URL": "redis://localhost"}, "pass", "on this machine"),
        ({"REDIS_URL": "unix:///run/redis.sock"}, "pass", "on this machine"),
        (
            {"DATABASE_URL": "postgres://localhost/records", "REDIS_URL": "redis://:p@cache"},
            "warn",
            "Redis on cache",
        ),
    ],
)
def test_transport(variables: dict[str, str], expected: str, message: str) -> None:
    """Plain text on its way to another machine is pointed out; passwords are not repeated."""
    assert message in judge(encryption.transport, expected, **variables).reason
