"""Whether and when a worker that died is replaced: at once, unless workers keep dying."""

from collections import deque

_WINDOW_SECONDS = 30.0
_PAUSES = (0.0, 0.1, 0.2, 0.4, 0.8)


class RespawnGuard:
    """Remembers the latest deaths: each one in a short time makes the next replacement wait longer."""

    def __init__(self) -> None:
        self._deaths: deque[float] = deque(maxlen=len(_PAUSES) + 1)

    def pause(self, now: float) -> float | None:
        """Seconds to wait before the worker that died at `now` is replaced; None: it is a crash loop."""
        self._deaths.append(now)
        recent = sum(now - death < _WINDOW_SECONDS for death in self._deaths)
        return _PAUSES[recent - 1] if recent <= len(_PAUSES) else None
