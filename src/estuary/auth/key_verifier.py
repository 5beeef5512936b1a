"""The `TokenVerifier` for API keys: it keeps up with the store, and honours nothing once it cannot."""

import asyncio
from contextlib import suppress

from estuary.auth.known_bearers import KnownBearers
from estuary.auth.known_keys import KnownKeys
from estuary.auth.verified import VerifiedTokens
from estuary.core.access.identity import Identity, Refusal
from estuary.core.errors import KeysUnavailable, StoreError, Unauthenticated
from estuary.core.observations import ApiKeysChanged
from estuary.core.ports import ApiKeys, Clock, Observer

REFRESH_SECONDS = 2.0
"""How often a worker asks the store which keys have changed."""
HONOURED_SECONDS = 9.0
"""How long after the store was last asked keys are honoured: a second before all must be over (10 s)."""
WHOLE_SECONDS = 60.0
"""How often a worker reads all keys: it then knows of those that are gone, too."""
MOST_LOOKS = 20
"""How many reads in a row there may be for the sake of unknown keys: then one a second."""
MAX_WAITING = 64
"""How many requests may wait for such a read: made-up keys must not fill the service with them."""
_MOST_USES = 200
"""How many last uses are written to the store at a time."""
_BEARER = "Bearer "


class KeyVerifier:
    """Knows every key of the deployment, from `start` on; `keys` are the store's.

    An unknown key may be a new one, or have a new secret: then the changes are read at once, for all who
    wait. Nothing is kept of a key that is refused. Times of day decide about expiry alone; what is too old
    to be honoured is decided by the monotonic clock.
    """

    def __init__(self, keys: ApiKeys, tokens: VerifiedTokens, clock: Clock, observe: Observer) -> None:
        self._keys = keys
        self._known = KnownKeys()
        self._verified = VerifiedTokens(clock.timestamp)
        self.bearers = KnownBearers(tokens, self._verified, self._checked, clock.monotonic)
        self._clock = clock
        self._observe = observe
        self._whole_at = self._looked_at = clock.monotonic()
        self._looks = float(MOST_LOOKS)
        self._reason: str | None = None
        self._flight: asyncio.Task[None] | None = None
        self._waiting = 0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to read, in the background."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Tell the store of the last uses, and end."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        if self._flight is not None:
            await self._flight
        await self._tell_uses()

    async def verify(self, text: str, field: str) -> Identity:
        """Whom the key stands for; raises `Unauthenticated`, or `KeysUnavailable` without the store."""
        for _ in range(2):
            refusal = self._refusal(text, field)
            if isinstance(refusal, Identity):
                return refusal
            if refusal is not None and refusal.reason != Refusal.UNKNOWN_KEY:
                raise refusal
            # A read that is under way may have begun before the key was made: then there is another one.
            await self._look()
        refusal = self._refusal(text, field)
        if isinstance(refusal, Identity):
            return refusal
        if refusal is None:
            raise KeysUnavailable
        raise refusal

    async def refresh(self) -> None:
        """Read what has changed; a failure is observed, not raised."""
        await asyncio.shield(self._flight or self._begin())

    def _refusal(self, text: str, field: str) -> Identity | Unauthenticated | None:
        """Whom the key stands for, or why it is refused; None where that is not known."""
        try:
            holder = self._known.check(text, self._clock.timestamp())
        except Unauthenticated as refusal:
            is_certain = refusal.reason == Refusal.MALFORMED or self._is_honoured()
            return refusal if is_certain else None
        if not self._is_honoured():
            return None
        self._verified.add(field, holder.identity, holder.until)
        return holder.identity

    def _checked(self, field: str) -> Identity | None:
        found = self._refusal(field.removeprefix(_BEARER), field)
        return found if isinstance(found, Identity) else None

    def _is_honoured(self) -> bool:
        return self._clock.monotonic() < self.bearers.honoured_until

    async def _look(self) -> None:
        """Read the changes for the sake of an unknown key, unless that was done too often."""
        if self._waiting >= MAX_WAITING or (self._flight is None and not self._may_look()):
            return
        self._waiting += 1
        try:
            await self.refresh()
        finally:
            self._waiting -= 1

    def _may_look(self) -> bool:
        now = self._clock.monotonic()
        self._looks = min(self._looks + now - self._looked_at, float(MOST_LOOKS))
        self._looked_at = now
        if self._looks < 1.0:
            return False
        self._looks -= 1.0
        return True

    async def _run(self) -> None:
        while True:
            await self.refresh()
            await self._tell_uses()
            await asyncio.sleep(REFRESH_SECONDS)

    def _begin(self) -> asyncio.Task[None]:
        self._flight = asyncio.create_task(self._read())
        self._flight.add_done_callback(self._land)
        return self._flight

    def _land(self, _: asyncio.Task[None]) -> None:
        self._flight = None

    async def _read(self) -> None:
        began = self._clock.monotonic()
        whole = began >= self._whole_at
        try:
            changes = await self._keys.changes(0 if whole else self._known.version)
            if changes.version < self._known.version and not whole:
                # Another database took the place of the one that was asked before.
                whole, changes = True, await self._keys.changes(0)
        except StoreError as error:
            self._report(str(error))
            return
        if self._known.update(changes, whole=whole):
            self._verified.clear()
        if whole:
            self._whole_at = began + WHOLE_SECONDS
        self.bearers.honoured_until = began + HONOURED_SECONDS
        self._report(None)

    async def _tell_uses(self) -> None:
        uses = self._known.pending_uses(_MOST_USES)
        if uses:
            # They stay pending where the store cannot be reached.
            with suppress(StoreError):
                await self._keys.note_uses(uses)
                self._known.uses_kept(uses)

    def _report(self, reason: str | None) -> None:
        """Observe that the store stopped answering, or answers again."""
        if (reason is None) != (self._reason is None):
            self._observe(ApiKeysChanged(reason is None, reason or ""))
        self._reason = reason
