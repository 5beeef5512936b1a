"""Requests, answers and retries, without I/O.

A call is a generator of steps. It yields `Attempt`s, is sent an `Answer` or a `Failure` for each, yields
`Pause`s, and returns the call's result. The synchronous and the asynchronous client carry out the steps.
"""

import logging
import random
import time
from collections.abc import Generator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, TypeAlias, TypeVar

import msgspec

from estuary.client.errors import NoAnswer, Refusal

T = TypeVar("T")

_logger: Final = logging.getLogger("estuary.client")
_RETRIED_STATUSES: Final = frozenset({408, 429, 502, 503, 504})
_FIRST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 5.0


class Request(msgspec.Struct, frozen=True):
    """A request: every attempt sends the same bytes with the same headers. `path` may have a query."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes | None = None

    @property
    def idempotency_key(self) -> str | None:
        """The key of a write; None for a read."""
        return self.headers.get("Idempotency-Key")


class Answer(msgspec.Struct, frozen=True):
    """An answer; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Failure(msgspec.Struct, frozen=True):
    """No answer came: the connection was refused or broke off, or it took too long."""

    cause: Exception


class Attempt(msgspec.Struct, frozen=True):
    """Send the request, and wait so many seconds for all of the answer."""

    request: Request
    seconds: float


class Pause(msgspec.Struct, frozen=True):
    """Do nothing for so many seconds."""

    seconds: float


Step: TypeAlias = Attempt | Pause
Outcome: TypeAlias = Answer | Failure
Steps: TypeAlias = Generator[Step, Outcome | None, T]


class RetryPolicy(msgspec.Struct, frozen=True):
    """How many seconds a call and each of its attempts may take, and how many retries it has."""

    timeout: float
    attempt_timeout: float
    retries: int


def exchange(request: Request, retry_policy: RetryPolicy) -> Steps[Answer]:
    """The answer to `request`, which is sent again where that may help, as docs/writes.md says.

    Every request is safe to repeat: reads change nothing, and each write has an idempotency key.
    Raises `NoAnswer`, or a `Refused`.
    """
    deadline = time.monotonic() + retry_policy.timeout
    tried = 0
    while True:
        left = deadline - time.monotonic()
        outcome = yield Attempt(request, max(0.001, min(retry_policy.attempt_timeout, left)))
        assert outcome is not None, "an attempt has an outcome"  # noqa: S101 (a defect in a client, not in a call)
        pause = _pause_before_retry(outcome, tried)
        if pause is None or tried >= retry_policy.retries or time.monotonic() + pause >= deadline:
            return _answer_or_raise(request, outcome, tried + 1)
        tried += 1
        reason = outcome.cause if isinstance(outcome, Failure) else outcome.status
        _logger.info("%s %s: %s; repeated in %.1f s", request.method, request.path, reason, pause)
        yield Pause(pause)


def back_off(tried: int) -> float:
    """Seconds to wait after so many retries: exponential back-off, of which half is random."""
    return min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0**tried) * random.uniform(0.5, 1.0)  # noqa: S311 (no secret)


def _pause_before_retry(outcome: Outcome, tried: int) -> float | None:
    """Seconds to wait before the next attempt; None where the outcome is final."""
    if isinstance(outcome, Failure):
        return back_off(tried)
    asked = _retry_after(outcome)
    # 409 with Retry-After is a request in progress; without, a conflict with another record.
    if outcome.status in _RETRIED_STATUSES or (outcome.status == 409 and asked is not None):
        return (asked or 0.0) + back_off(tried)
    return None


def _answer_or_raise(request: Request, outcome: Outcome, attempts: int) -> Answer:
    """The answer of a call; raises `NoAnswer` for a failure, and a `Refused` for an error answer."""
    key = request.idempotency_key
    if isinstance(outcome, Failure):
        cause = outcome.cause
        times = "once" if attempts == 1 else f"{attempts} times"
        message = f"{request.method} {request.path}, sent {times}: {str(cause) or type(cause).__name__}"
        raise NoAnswer(message, key) from cause
    if not 200 <= outcome.status < 300:
        raise Refusal(outcome.status, outcome.body, _retry_after(outcome), key).error()
    return outcome


def _retry_after(answer: Answer) -> float | None:
    """Seconds (RFC 9110, 10.2.3): a number, or a date, which proxies may give."""
    text = answer.headers.get("retry-after")
    if text is None:
        return None
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
