"""Whether and when a dead worker is replaced: at once, unless workers keep dying before they serve."""

from collections import deque

_WINDOW_SECONDS = 30.0
_SHORT_LIFE_SECONDS = 1.0
_PAUSES = (*[0.0] * 8, 0.1, 0.2, 0.4, 0.8)


class RespawnGuard:
    """Back-off for crash loops: the more workers died young lately, the longer the next one waits.

    A worker that has served for a while before it died is replaced at once: its death says nothing about
    whether the service can start.
    """

    def __init__(self) -> None:
        self._deaths: deque[float] = deque(maxlen=len(_PAUSES) + 1)

    def pause(self, now: float, served: float) -> float | None:
        """Seconds to wait before replacing a worker that died at `now`; None for a crash loop.

        `served` is the seconds for which it had answered requests, 0 if it never did.
        """
        if served >= _SHORT_LIFE_SECONDS:
            return 0.0
        self._deaths.append(now)
        recent = sum(now - death < _WINDOW_SECONDS for death in self._deaths)
        return _PAUSES[recent - 1] if recent <= len(_PAUSES) else None
