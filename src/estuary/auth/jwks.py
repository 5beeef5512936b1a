"""The keys of one issuer: fetched, refreshed before they expire, and used through the issuer's outages."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Sequence

from estuary.auth.fetch import FetchFailed
from estuary.auth.freshness import Freshness
from estuary.auth.kept_keys import Keep, Kept
from estuary.auth.key_set import BadKeySet, Key, KeySet
from estuary.core.observations import KeysFetched, KeysMissed, KeysNotKept
from estuary.core.ports import Clock, Observer

FETCH_SECONDS = 5.0
"""The deadline for fetching the keys, discovery included."""

MAX_WAITING = 64
"""How many requests may wait for one fetch: forged tokens must not fill the service with waiting
requests."""


class KeySource:
    """The keys that `load` fetches; `name` (a URL) identifies them in logs.

    Start-up does not wait for them; `run` fetches them for as long as it runs. At most one fetch is under
    way, shared by all callers. `changed` is called when the keys differ from those before.
    """

    def __init__(
        self,
        name: str,
        load: Callable[[], Awaitable[bytes]],
        *,
        algorithms: frozenset[str],
        cache_seconds: float,
        stale_seconds: float,
        keep: Keep,
        clock: Clock,
        observe: Observer,
        changed: Callable[[], None],
        randomly: Callable[[], float] = random.random,
    ) -> None:
        self.name = name
        self._load = load
        self._algorithms = algorithms
        self._freshness = Freshness(cache_seconds, stale_seconds, randomly)
        self._keep = keep
        self._clock = clock
        self._observe = observe
        self._changed = changed
        self._keys: KeySet | None = None
        self._flight: asyncio.Task[None] | None = None
        self._waiting = 0

    @property
    def available(self) -> bool:
        """Whether there are keys that may be used."""
        return self._keys is not None and self._freshness.usable(self._clock.monotonic())

    def candidates(self, key_id: str | None, algorithm: str) -> Sequence[Key]:
        """The keys that may have signed a token with this header; empty if there are no keys."""
        return self._keys.candidates(key_id, algorithm) if self._keys is not None and self.available else ()

    async def look_again(self) -> None:
        """Fetch the keys if a token names an unknown one that may be new, and wait for the result.

        At most one fetch in `UNKNOWN_KEY_SECONDS` is started for such a token. While there are no keys at
        all, they are fetched when `run` would fetch them, and this waits for a fetch under way only.
        """
        if self._flight is None and self._may_look():
            self._begin()
        if self._flight is not None and self._waiting < MAX_WAITING:
            self._waiting += 1
            try:
                # Shielded: a caller that is cancelled must not cancel the fetch of the others.
                await asyncio.shield(self._flight)
            finally:
                self._waiting -= 1

    async def refresh(self) -> None:
        """Fetch the keys now, or join the fetch under way; a failure is observed, not raised."""
        await asyncio.shield(self._flight or self._begin())

    def recall(self) -> None:
        """Load the keys that an earlier process saved, with their age."""
        kept = self._keep.read()
        if kept is None:
            return
        age = max(0.0, self._clock.timestamp() - kept.fetched_at)
        with contextlib.suppress(BadKeySet):
            self._take(KeySet.parse(kept.document, self._algorithms))
            self._freshness.fetched(self._clock.monotonic(), age)

    async def run(self) -> None:
        """Keep the keys fresh until cancelled."""
        try:
            while True:
                await asyncio.sleep(max(0.0, self._freshness.next_at - self._clock.monotonic()))
                await self.tick()
        finally:
            if self._flight is not None:
                self._flight.cancel()

    async def tick(self) -> None:
        """Fetch the keys if that is due, and discard those that are too old."""
        if self._clock.monotonic() >= self._freshness.next_at:
            await self.refresh()
        if self._keys is not None and not self.available:
            self._keys = None
            self._changed()

    def _may_look(self) -> bool:
        now = self._clock.monotonic()
        return self._freshness.look_again(now) if self.available else now >= self._freshness.next_at

    def _begin(self) -> asyncio.Task[None]:
        self._flight = asyncio.create_task(self._fetch())
        self._flight.add_done_callback(self._land)
        return self._flight

    def _land(self, _: asyncio.Task[None]) -> None:
        self._flight = None

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                document = await self._load()
            keys = KeySet.parse(document, self._algorithms)
        except TimeoutError:
            self._fail(f"it did not answer within {FETCH_SECONDS:g} seconds")
        except (FetchFailed, BadKeySet) as error:
            self._fail(str(error))
        else:
            self._freshness.fetched(self._clock.monotonic())
            self._observe(KeysFetched(self.name, keys.ids, self._take(keys)))
            await self._write(Kept(document, self._clock.timestamp()))

    def _fail(self, reason: str) -> None:
        self._freshness.failed(self._clock.monotonic())
        self._observe(KeysMissed(self.name, reason, self.available))

    def _take(self, keys: KeySet) -> bool:
        """Use these keys from now on; returns whether they differ from those before."""
        if self._keys is not None and self._keys.digest == keys.digest:
            return False
        self._keys = keys
        self._changed()
        return True

    async def _write(self, kept: Kept) -> None:
        try:
            await asyncio.to_thread(self._keep.write, kept)
        except OSError as error:
            self._observe(KeysNotKept(self.name, error.strerror or type(error).__name__))
