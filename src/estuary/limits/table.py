"""The table of counters in shared memory: a bounded number of clients, in plain bytes.

Clients fall into sets by a hash under a secret key. A set has `WAYS` counters, each for one client, and one
more that is shared by clients that come while those are all in use: what `limits/local_limiter` does once
for all clients, each set does for its own. Zeroed memory is an empty table.

Each counter lies in two places: its numbers in the *heads*, close to those of its set, and its older
buckets in the *tails*, whose pages only clients that come back ever touch.
"""

import struct
from array import array
from functools import lru_cache
from hashlib import blake2b
from mmap import mmap

from estuary.limits.window import BUCKETS, WindowCounter

WAYS = 32

_NAME_BYTES = 16
_NAMES_KEPT = 1024
_HEAD = struct.Struct("=IIIxxxBddd")
"""Requests in all buckets; in the older ones; how many of those there are; whether a write is under way;
the three times of a counter."""
_WRITING_AT = 15
_LAST_AT = 16
_TAIL_STATE = struct.Struct("=8xI20xd")
"""The parts of a head that change with the tail: how many buckets it has, and when the next one begins."""

_TIME_BYTES, _COUNT_BYTES = 8, 4
_TAIL_BYTES = BUCKETS * (_TIME_BYTES + _COUNT_BYTES)
_TIMES = [struct.Struct(f"={count}d") for count in range(BUCKETS + 1)]
_COUNTS = [struct.Struct(f"={count}I") for count in range(BUCKETS + 1)]


class Table:
    """Counters of about `clients` clients in `memory`, which has `Table.size(clients)` bytes.

    A caller of anything but `name` holds the lock of the set. `key` is the same in every process; without
    it no client can choose addresses that fall into a given client's set.
    """

    def __init__(self, memory: mmap, clients: int, key: bytes) -> None:
        self._memory = memory
        self._key = key
        self._sets, self.ways = _shape(clients)
        self._names_bytes = self.ways * _NAME_BYTES
        self._set_bytes = _set_bytes(self.ways)
        self._tails_at = self._sets * self._set_bytes
        lead, trail = _LAST_AT, _HEAD.size - _LAST_AT - _TIME_BYTES
        self._lasts = struct.Struct("=" + f"{lead}xd{trail}x" * self.ways)
        # Hashing costs a quarter of a decision, and most requests come from clients that were just here.
        self.name = lru_cache(_NAMES_KEPT)(self._name)

    @staticmethod
    def size(clients: int) -> int:
        """How many bytes a table for so many clients takes; what is never touched costs nothing."""
        sets, ways = _shape(clients)
        return sets * (_set_bytes(ways) + (ways + 1) * _TAIL_BYTES)

    @property
    def side(self) -> int:
        """The way of a set's shared counter, which comes after the others."""
        return self.ways

    def _name(self, client: str) -> tuple[bytes, int]:
        """The name of `client` here, and its set."""
        name = blake2b(client.encode(), digest_size=_NAME_BYTES, key=self._key).digest()
        return name, int.from_bytes(name[:4], "little") % self._sets

    def find(self, set_: int, name: bytes) -> int | None:
        """The way of `name`, if it has one."""
        start = set_ * self._set_bytes
        end = start + self._names_bytes
        at = self._memory.find(name, start, end)
        while at >= 0 and (at - start) % _NAME_BYTES:
            at = self._memory.find(name, at + 1, end)
        return None if at < 0 else (at - start) // _NAME_BYTES

    def longest_silent(self, set_: int) -> int:
        """The way whose last request is longest ago, or that was never used."""
        lasts = self._lasts.unpack_from(self._memory, self._head(set_, 0))
        return lasts.index(min(lasts))

    def load(self, set_: int, way: int) -> WindowCounter | None:
        """The counter there; None if its last writer died over it."""
        head = self._head(set_, way)
        used, earlier, older, writing, last, oldest, closes_at = _HEAD.unpack_from(self._memory, head)
        if writing:
            return None
        counter = WindowCounter()
        counter.used, counter.earlier = used, earlier
        counter.last, counter.oldest, counter.closes_at = last, oldest, closes_at
        if older:
            counter.older = self._load_tail(set_, way, older)
        return counter

    def store(self, set_: int, way: int, counter: WindowCounter, name: bytes | None = None) -> None:
        """Keep `counter` there, from now on under `name` if that is given.

        A process that is killed meanwhile leaves the mark of a write under way.
        """
        memory, head = self._memory, self._head(set_, way)
        memory[head + _WRITING_AT] = 1
        if name is not None:
            at = set_ * self._set_bytes + way * _NAME_BYTES
            memory[at : at + _NAME_BYTES] = name
        older = counter.older
        buckets = len(older) // 2 if older else 0
        if older and (name or (buckets, counter.closes_at) != _TAIL_STATE.unpack_from(memory, head)):
            self._store_tail(set_, way, older, buckets)
        _HEAD.pack_into(
            memory,
            head,
            counter.used,
            counter.earlier,
            buckets,
            1,
            counter.last,
            counter.oldest,
            counter.closes_at,
        )
        memory[head + _WRITING_AT] = 0

    def _load_tail(self, set_: int, way: int, buckets: int) -> "array[float]":
        times_at, counts_at = self._tail(set_, way)
        older = array("d", bytes(2 * _TIME_BYTES * buckets))
        older[::2] = array("d", _TIMES[buckets].unpack_from(self._memory, times_at))
        older[1::2] = array("d", _COUNTS[buckets].unpack_from(self._memory, counts_at))
        return older

    def _store_tail(self, set_: int, way: int, older: "array[float]", buckets: int) -> None:
        times_at, counts_at = self._tail(set_, way)
        _TIMES[buckets].pack_into(self._memory, times_at, *older[::2])
        _COUNTS[buckets].pack_into(self._memory, counts_at, *map(int, older[1::2]))

    def _head(self, set_: int, way: int) -> int:
        return set_ * self._set_bytes + self._names_bytes + way * _HEAD.size

    def _tail(self, set_: int, way: int) -> tuple[int, int]:
        times_at = self._tails_at + (set_ * (self.ways + 1) + way) * _TAIL_BYTES
        return times_at, times_at + BUCKETS * _TIME_BYTES


def _shape(clients: int) -> tuple[int, int]:
    """How many sets, and how many ways in each."""
    ways = min(WAYS, clients)
    return clients // ways, ways


def _set_bytes(ways: int) -> int:
    return ways * _NAME_BYTES + (ways + 1) * _HEAD.size
