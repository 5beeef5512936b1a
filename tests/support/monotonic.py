"""A monotonic clock that tests move by hand."""


class HandClock:
    """Stands still until it is moved; `time` is in seconds."""

    def __init__(self, time: float = 1000.0) -> None:
        self.time = time

    def __call__(self) -> float:
        """The time it was set to."""
        return self.time
