"""The machine's clocks."""

import time
from datetime import UTC, datetime
from functools import partial


class SystemClock:
    """Implements `Clock` without a frame of Python on the way."""

    monotonic = staticmethod(time.monotonic)
    timestamp = staticmethod(time.time)
    now = staticmethod(partial(datetime.now, UTC))
