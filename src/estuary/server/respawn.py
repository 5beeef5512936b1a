"""Whether and when a worker that died is replaced: at once, unless workers keep dying before they serve."""

from collections import deque

_WINDOW_SECONDS = 30.0
_SHORT_LIFE_SECONDS = 1.0
_PAUSES = (*[0.0] * 8, 0.1, 0.2, 0.4, 0.8)


class RespawnGuard:
    """Remembers the latest short lives: after many in a short time a replacement has to wait longer.

    Who has served for a while was killed, or met what kills it: that is no reason to keep others waiting,
    let alone to end the service.
    """

    def __init__(self) -> None:
        self._deaths: deque[float] = deque(maxlen=len(_PAUSES) + 1)

    def pause(self, now: float, served: float) -> float | None:
        """Seconds to wait before a worker is replaced that died at `now`; None: it is a crash loop.

        `served` is for how many seconds it had answered requests, 0 if it never came to that.
        """
        if served >= _SHORT_LIFE_SECONDS:
            return 0.0
        self._deaths.append(now)
        recent = sum(now - death < _WINDOW_SECONDS for death in self._deaths)
        return _PAUSES[recent - 1] if recent <= len(_PAUSES) else None
