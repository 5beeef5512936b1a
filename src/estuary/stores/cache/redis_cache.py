"""A cache in Redis, for all replicas: what one of them forgets, none is given any more.

Under a record's key stands nothing, or a lease, or the record. Who finds nothing leaves a lease; what was
then read is kept only where that lease still stands. A write takes away whatever stands there, once it has
ended and before its caller hears of it. So what was read before a write is not kept after it, anywhere.
"""

import secrets
from collections.abc import Callable
from hashlib import blake2b, sha1

from estuary.core.errors import StoreQueryFailed, StoreUnavailable
from estuary.core.observations import CacheChanged
from estuary.core.ports import Observer
from estuary.core.record import Record
from estuary.core.record_json import RecordJson
from estuary.core.resource import Resource
from estuary.redis.address import RedisAddress
from estuary.redis.errors import RedisRefused, RedisUnavailable
from estuary.redis.pipelined_connection import Connection
from estuary.redis.redis_client import RedisClient
from estuary.stores.cache.port import Miss

_LEASE, _RECORD = "L", "R"
"""The prefixes of values: of a lease, and of a record."""
_SCAN_COUNT = "1000"

_LOOK = f"""\
local found = redis.call('GET', KEYS[1])
if found then return found end
redis.call('SET', KEYS[1], '{_LEASE}' .. ARGV[1], 'PX', ARGV[2])
return '{_LEASE}' .. ARGV[1]
"""
_KEEP = f"""\
if redis.call('GET', KEYS[1]) ~= '{_LEASE}' .. ARGV[1] then return 0 end
redis.call('SET', KEYS[1], '{_RECORD}' .. ARGV[2], 'PX', ARGV[3])
return 1
"""


_LOOK_DIGEST, _KEEP_DIGEST = (
    sha1(script.encode(), usedforsecurity=False).hexdigest() for script in (_LOOK, _KEEP)
)
"""The names under which Redis keeps the scripts."""


class RedisCaches:
    """Implements `Caches` over the Redis at `address`; records are kept for `ttl` seconds at most.

    `lease` (seconds) is longer than a read of the store can take. While Redis is away every look-up misses.
    A write that did not reach Redis may leave the old record there, or a lease for it: until both have
    expired this replica asks the store each time. `distrusted_until` shares that time with all its workers.
    """

    def __init__(
        self,
        address: RedisAddress,
        prefix: str,
        *,
        ttl: float,
        lease: float,
        monotonic: Callable[[], float],
        distrusted_until: "memoryview[float]",
        observe: Observer,
    ) -> None:
        self._store = f"Redis at {address}"
        self._prefix = prefix
        self._ttl = ttl
        self._lease = lease
        self._monotonic = monotonic
        self._distrusted_until = distrusted_until
        self._observe = observe
        rights = f"the cache needs the rights ~{prefix}cache:* +select +eval +evalsha +get +set +del +scan"
        self._redis = RedisClient(address, try_out=self._try_out, changed=self._changed, rights=rights)

    async def open(self) -> None:
        """Connect, or begin to try; raises `StoreUnavailable` where trying again would not help."""
        try:
            await self._redis.open()
        except RedisRefused as error:
            raise StoreUnavailable(str(error)) from error

    async def close(self) -> None:
        """Let Redis go; what is in it stays for the others, and until its time is over."""
        await self._redis.close()

    def of(self, resource: Resource) -> "RedisCache":
        """The cache of `resource`; replicas to which it is declared otherwise have others."""
        declared = repr(resource.fields)
        version = blake2b(declared.encode(), digest_size=6).hexdigest()
        return RedisCache(self, f"{self._prefix}cache:{version}:{resource.name}:", RecordJson(resource))

    async def look(self, key: str) -> str | None:
        """What stands under `key`, a new lease if nothing did; None where that cannot be known."""
        if self._monotonic() < self._distrusted_until[0]:
            return None
        try:
            found = await self._redis.ask(
                "EVALSHA", _LOOK_DIGEST, "1", key, secrets.token_hex(8), _milliseconds(self._lease)
            )
        except RedisUnavailable:
            return None
        return bytes(found).decode()

    async def keep(self, key: str, lease: str, text: str) -> None:
        """Let `text` stand under `key` if `lease` still does."""
        try:
            await self._redis.ask("EVALSHA", _KEEP_DIGEST, "1", key, lease, text, _milliseconds(self._ttl))
        except RedisUnavailable:
            return

    async def forget(self, key: str) -> None:
        """Let nothing stand under `key`."""
        try:
            await self._redis.ask("DEL", key)
        except RedisUnavailable:
            self._distrust()

    async def forget_all(self, prefix: str) -> None:
        """Let nothing stand under any key that begins with `prefix`."""
        cursor = "0"
        try:
            while True:
                found = await self._redis.ask("SCAN", cursor, "MATCH", f"{prefix}*", "COUNT", _SCAN_COUNT)
                cursor, keys = bytes(found[0]).decode(), [bytes(key).decode() for key in found[1]]
                if keys:
                    await self._redis.ask("DEL", *keys)
                if cursor == "0":
                    return
        except RedisUnavailable:
            self._distrust()

    def _distrust(self) -> None:
        self._distrusted_until[0] = self._monotonic() + self._lease + self._ttl

    async def _try_out(self, connection: Connection) -> None:
        """Try all that will be asked, which makes the scripts known; a replica would refuse to write.

        So missing rights show now, not when the first write cannot be published to the others.
        """
        probe = f"{self._prefix}cache:-{secrets.token_hex(8)}"
        await connection.ask("EVAL", _LOOK, "1", probe, "-", "1000")
        await connection.ask("EVAL", _KEEP, "1", probe, "-", "", "1000")
        await connection.ask("EVALSHA", _LOOK_DIGEST, "1", probe, "-", "1000")
        await connection.ask("DEL", probe)
        await connection.ask("SCAN", "0", "MATCH", f"{probe}*", "COUNT", "1")

    def _changed(self, available: bool, reason: str) -> None:
        self._observe(CacheChanged(self._store, available, reason))


class RedisCache:
    """Implements `RecordCache` for one resource, whose keys begin with `prefix`."""

    def __init__(self, caches: RedisCaches, prefix: str, codec: RecordJson) -> None:
        self._caches = caches
        self._prefix = prefix
        self._codec = codec

    async def look(self, record_id: str) -> Record | Miss:
        """The record, if Redis has it."""
        found = await self._caches.look(self._prefix + record_id)
        if found is None:
            return Miss(None)
        if found.startswith(_LEASE):
            return Miss(found.removeprefix(_LEASE))
        try:
            return self._codec.decode(found.removeprefix(_RECORD))
        except StoreQueryFailed:
            return Miss(None)

    async def keep(self, miss: Miss, record: Record) -> None:
        """Keep what was read under a lease that still stands."""
        if isinstance(miss.ticket, str):
            await self._caches.keep(self._prefix + record.id, miss.ticket, self._codec.encode(record))

    async def forget(self, record_id: str) -> None:
        """Forget the record everywhere before this returns; without Redis, see `RedisCaches`."""
        await self._caches.forget(self._prefix + record_id)

    async def clear(self) -> None:
        """Forget every record, as `forget` does."""
        await self._caches.forget_all(self._prefix)


def _milliseconds(seconds: float) -> str:
    return str(round(seconds * 1000))
