"""What becomes of the limit when something happens to Redis, or to the way there."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from estuary.core.allowance import Decision
from estuary.core.awaiting import settled
from estuary.core.errors import LimiterRefused, LimiterUnavailable
from estuary.core.observations import LimiterChanged, Observation, RetryDue
from estuary.limits.local_limiter import LocalRateLimiter
from estuary.limits.outage import allowing, counting_locally
from estuary.limits.redis import RedisRateLimiter
from estuary.redis.address import RedisAddress
from estuary.redis.redis_client import ANSWER_SECONDS
from tests.contract.limiters.addresses import redis_address
from tests.support.process import HOST, free_port
from tests.support.servers.redis import Redis, redis_server
from tests.support.waiting import until

PASSWORD = "s3cret/%@:?"


@pytest.fixture(scope="module")
def shared_redis() -> Iterator[Redis]:
    """One server for all tests of the module."""
    with redis_server() as server:
        yield server


@pytest.fixture
def redis(shared_redis: Redis) -> Redis:
    """The server, running, empty, with no user but the one of old."""
    shared_redis.say("FLUSHALL")
    return shared_redis


class Watched:
    """A limiter of three requests a minute, and what it observed."""

    def __init__(self, address: RedisAddress) -> None:
        self.changes: list[LimiterChanged] = []
        self.limiter = RedisRateLimiter(3, 60.0, address, "test:", self._note)

    async def is_available(self) -> bool:
        """Whether it counts now."""
        try:
            await self.limiter.hit("probe")
        except LimiterUnavailable:
            return False
        return True

    @property
    def reported(self) -> list[bool]:
        """Whether it was available, at each change."""
        return [change.available for change in self.changes]

    def _note(self, observation: Observation) -> None:
        assert isinstance(observation, LimiterChanged | RetryDue)
        if isinstance(observation, LimiterChanged):
            self.changes.append(observation)


@asynccontextmanager
async def watched(address: RedisAddress) -> AsyncIterator[Watched]:
    """A limiter that is open while the block runs."""
    subject = Watched(address)
    await subject.limiter.open()
    try:
        yield subject
    finally:
        await subject.limiter.close()


async def test_a_restart_is_survived(redis: Redis) -> None:
    """While it is down requests fail at once; when it is back, so is the limit; each is reported."""
    async with watched(redis_address(redis)) as subject:
        assert await subject.is_available()
        redis.stop()
        await until(lambda: subject.reported == [False])
        with pytest.raises(LimiterUnavailable):
            await subject.limiter.hit("x")
        redis.start()
        await until(lambda: subject.reported == [False, True])
        # Redis has forgotten the script with everything else, and learns it again.
        assert (await subject.limiter.hit("x")).allowed


async def test_waiting_for_a_redis_that_hangs_is_bounded(redis: Redis) -> None:
    """Those who ask first wait for their bounded time, all others not at all."""
    async with watched(redis_address(redis)) as subject:
        with redis.frozen():
            begun = time.monotonic()
            first = await asyncio.gather(
                *(subject.limiter.hit("x") for _ in range(50)), return_exceptions=True
            )
            assert all(isinstance(each, LimiterUnavailable) for each in first)
            assert time.monotonic() - begun < 40 * ANSWER_SECONDS
            assert [False] == subject.reported
            with pytest.raises(LimiterUnavailable, match="no answer within"):
                await subject.limiter.hit("x")
        await until(lambda: subject.reported == [False, True])
        assert await subject.is_available()


async def test_a_redis_that_forgets_its_scripts_is_told_again(redis: Redis) -> None:
    """SCRIPT FLUSH costs one round trip, and no request."""
    async with watched(redis_address(redis)) as subject:
        await subject.limiter.hit("x")
        redis.say("SCRIPT FLUSH")
        decisions = await asyncio.gather(*(subject.limiter.hit("x") for _ in range(3)))
        assert [True, True, False] == [each.allowed for each in decisions]
        assert [] == subject.changes


async def test_a_redis_that_takes_no_writes_is_away(redis: Redis) -> None:
    """After a failover a connection may lead to a replica: it is left until writes are taken again."""
    async with watched(redis_address(redis)) as subject:
        redis.say(f"REPLICAOF {HOST} {free_port()}")
        while not subject.changes:
            await subject.is_available()
        redis.say("REPLICAOF NO ONE")
        await until(lambda: subject.reported == [False, True])
        assert "READONLY" in subject.changes[0].reason


async def test_it_may_start_before_redis_does(redis: Redis) -> None:
    """What is not there yet is an outage like any other."""
    redis.stop()
    async with watched(redis_address(redis)) as subject:
        assert [False] == subject.reported
        assert "Connect call failed" in subject.changes[0].reason
        redis.start()
        await until(lambda: subject.reported == [False, True])


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"password": "wrong"}, "WRONGPASS"),
        ({"username": "nobody", "password": PASSWORD}, "WRONGPASS"),
        ({"username": "reader", "password": PASSWORD}, "NOPERM"),
        ({"database": 99}, "ERR DB index is out of range"),
    ],
)
async def test_what_an_operator_must_mend_is_told_at_the_start(
    redis: Redis, parts: dict[str, str], message: str
) -> None:
    """With the variable's name and what Redis says, and without the password."""
    redis.say(f"ACL SETUSER reader on >{PASSWORD} ~test:* +get +select", "ACL SETUSER default on >right")
    try:
        parts = {"password": "right", **parts}
        with pytest.raises(
            LimiterRefused, match=f"^REDIS_URL: the Redis at {HOST}:.* says: {message}"
        ) as raised:
            async with watched(redis_address(redis, **parts)):
                pass
        assert parts["password"] not in str(raised.value)
    finally:
        redis.say("AUTH right", "ACL SETUSER default on nopass", "ACL DELUSER reader")


async def test_a_missing_password_is_told_at_the_start(redis: Redis) -> None:
    """As a wrong one is."""
    redis.say("ACL SETUSER default resetpass >right")
    try:
        with pytest.raises(LimiterRefused, match="NOAUTH"):
            async with watched(redis_address(redis)):
                pass
    finally:
        redis.say("AUTH right", "ACL SETUSER default nopass")


async def test_a_user_needs_no_more_than_the_documents_say(redis: Redis) -> None:
    """These commands, and keys under the prefix."""
    commands = "+select +eval +evalsha +time +get +set"
    redis.say(f"ACL SETUSER limiter on >{PASSWORD} ~test:* {commands}")
    address = redis_address(redis, username="limiter", password=PASSWORD, database=3)
    async with watched(address) as subject:
        assert (await subject.limiter.hit("x")).allowed
    assert "test:limit:x" in redis.say("SELECT 3", "KEYS *")
    redis.say("ACL DELUSER limiter")


@pytest.mark.parametrize("missing", ["+select", "+eval ", "+evalsha", "+time", "+get", "+set"])
async def test_a_right_that_is_missing_is_told_at_the_start(redis: Redis, missing: str) -> None:
    """Whichever it is, also where only the script needs it: with all that are needed."""
    rights = "+select +eval +evalsha +time +get +set "
    redis.say(f"ACL SETUSER limiter on >{PASSWORD} ~test:* {rights.replace(missing, '')}")
    address = redis_address(redis, username="limiter", password=PASSWORD, database=3)
    try:
        with pytest.raises(LimiterRefused, match=r"REDIS_URL.*~test:limit:\* ") as raised:
            async with watched(address):
                pass
        assert str(raised.value).endswith(rights.strip())
    finally:
        redis.say("ACL DELUSER limiter")


async def test_what_is_counted_expires(redis: Redis) -> None:
    """Each key goes one window after its last request: a flood of addresses leaves nothing behind."""
    limiter = RedisRateLimiter(3, 0.2, redis_address(redis), "test:", lambda _: None)
    await limiter.open()
    await asyncio.gather(*(limiter.hit(f"forged {number}") for number in range(500)))
    assert ":" in redis.say("DBSIZE")
    await until(lambda: ":0\r\n" in redis.say("DBSIZE"))
    await limiter.close()


async def test_something_else_on_the_port_is_no_redis() -> None:
    """What does not speak the protocol is an outage, whatever it says."""

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, HOST, 0)
    port: int = server.sockets[0].getsockname()[1]
    async with watched(RedisAddress(host=HOST, port=port)) as subject:
        assert ["what answers there does not speak Redis' protocol"] == [
            change.reason for change in subject.changes
        ]
    server.close()
    await server.wait_closed()


async def test_a_unix_socket_is_spoken_to(tmp_path: Path) -> None:
    """By its path."""
    path = tmp_path / "redis.sock"
    with redis_server({"unixsocket": str(path)}):
        async with watched(RedisAddress(path=str(path))) as subject:
            assert (await subject.limiter.hit("x")).allowed


async def test_tls_verifies_whom_it_speaks_to(tmp_path: Path) -> None:
    """With the right authority it counts; with the system's own it refuses, and names the variable."""
    certificate, key = certify(tmp_path)
    port = free_port()
    settings = {
        "tls-port": str(port),
        "tls-cert-file": str(certificate),
        "tls-key-file": str(key),
        "tls-auth-clients": "no",
    }
    address = RedisAddress(host=HOST, port=port, tls=True)
    with redis_server(settings):
        trusting = RedisAddress(host=HOST, port=port, tls=True, ca_file=certificate)
        async with watched(trusting) as subject:
            assert (await subject.limiter.hit("x")).allowed
        with pytest.raises(
            LimiterRefused, match=r"REDIS_URL: .* cannot be used: .*certificate verify failed"
        ):
            async with watched(address):
                pass
    with pytest.raises(LimiterRefused, match=r"REDIS_URL: .* cannot be used: .*No such file"):
        async with watched(RedisAddress(host=HOST, port=port, tls=True, ca_file=tmp_path / "none.pem")):
            pass


def certify(folder: Path) -> tuple[Path, Path]:
    """A certificate for the loopback address, its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "redis.test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "redis.crt", folder / "redis.key"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate_file, key_file


class TestOutage:
    """What holds while nothing is counted, by the policy chosen."""

    async def test_local_counts_here(self) -> None:
        """Up to the same limit."""
        away = RedisRateLimiter(2, 60.0, RedisAddress(host=HOST, port=1), "test:", lambda _: None)
        limiter = counting_locally(away, LocalRateLimiter(2, 60.0, 10, time.monotonic))
        decisions = [await settled(limiter.hit("x")) for _ in range(3)]
        assert [True, True, False] == [each.allowed for each in decisions]
        assert (2, 60.0) == (limiter.limit, limiter.window)

    async def test_local_counts_what_a_hit_costs(self) -> None:
        """A hit costs the same in an outage."""
        away = RedisRateLimiter(5, 60.0, RedisAddress(host=HOST, port=1), "test:", lambda _: None)
        limiter = counting_locally(away, LocalRateLimiter(5, 60.0, 10, time.monotonic))
        decisions = [await settled(limiter.hit("x", cost)) for cost in (3, 3, 2)]
        assert [(True, 2), (False, 2), (True, 0)] == [(each.allowed, each.remaining) for each in decisions]

    async def test_allow_lets_everything_pass(self) -> None:
        """And reports the whole limit."""
        away = RedisRateLimiter(2, 60.0, RedisAddress(host=HOST, port=1), "test:", lambda _: None)
        limiter = allowing(away)
        assert [Decision(allowed=True, remaining=2, resets_in=0.0)] * 3 == [
            await settled(limiter.hit("x")) for _ in range(3)
        ]
