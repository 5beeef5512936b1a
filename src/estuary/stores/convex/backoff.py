"""How long to wait before a request is sent again: growing, random, and never past the deadline."""

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

ATTEMPTS = 5
"""How often a request is sent at most."""
_FIRST = 0.05
_LONGEST = 2.0


def pause(attempt: int, retry_after: float | None = None) -> float:
    """Seconds to wait after the failed attempt number `attempt`, the first being 1.

    Full jitter: callers that failed together do not come back together. What the server asked for is
    the least.
    """
    backoff = random.uniform(0, min(_LONGEST, _FIRST * 2 ** (attempt - 1)))  # noqa: S311 (it spreads load, nothing secret)
    return backoff + (retry_after or 0.0)


def seconds_of(retry_after: str | None, now: datetime) -> float | None:
    """The seconds of a Retry-After header (RFC 9110, section 10.2.3), None where it is not valid."""
    if retry_after is None:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
