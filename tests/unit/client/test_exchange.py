"""How often a request is sent, and what the call ends with; the steps are carried out by hand."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from estuary.client.errors import Conflict, NoAnswer, RateLimited, Refused, ServiceUnavailable
from estuary.client.exchange import (
    Answer,
    Attempt,
    Failure,
    Outcome,
    Pause,
    Request,
    RetryPolicy,
    Step,
    exchange,
)

WRITE = Request("POST", "/api/v1/books", {"Idempotency-Key": "k"}, b"{}")
POLICY = RetryPolicy(timeout=30.0, attempt_timeout=10.0, retries=3)
DONE = Answer(201, {}, b"{}")
CUT = Failure(ConnectionResetError("reset"))


def answer(status: int, retry_after: str | None = None) -> Answer:
    """A refusal, perhaps of a proxy."""
    return Answer(status, {} if retry_after is None else {"retry-after": retry_after}, b"")


def carry_out(outcomes: Sequence[Outcome], retry_policy: RetryPolicy = POLICY) -> tuple[Answer, list[Step]]:
    """The answer that the call ends with, and its steps, where its attempts have these outcomes."""
    left, taken = list(outcomes), list[Step]()
    steps = exchange(WRITE, retry_policy)
    outcome: Outcome | None = None
    while True:
        try:
            taken.append(steps.send(outcome))
        except StopIteration as done:
            assert not left
            return done.value, taken
        outcome = left.pop(0) if isinstance(taken[-1], Attempt) else None


@pytest.mark.parametrize(
    "outcome", [CUT, *[answer(status) for status in (408, 429, 502, 503, 504)], answer(409, "0")]
)
def test_what_may_help_is_done_again(outcome: Outcome) -> None:
    """The very same request, key and bytes, after a pause that grows."""
    given, taken = carry_out([outcome, outcome, DONE])
    assert DONE == given
    assert [WRITE] * 3 == [step.request for step in taken if isinstance(step, Attempt)]
    first, second = [step.seconds for step in taken if isinstance(step, Pause)]
    assert 0.025 <= first <= 0.05 <= second <= 0.1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412, 422, 428, 500, 501])
def test_what_would_come_again_is_told_at_once(status: int) -> None:
    """Among them a conflict without `Retry-After`: the same request would meet the same record."""
    with pytest.raises(Refused) as error:
        carry_out([answer(status)])
    assert (status, "k") == (error.value.status, error.value.idempotency_key)


def test_no_more_than_the_retries() -> None:
    """The last outcome is what the call ends with."""
    with pytest.raises(ServiceUnavailable):
        carry_out([CUT] * 3 + [answer(503)])
    with pytest.raises(NoAnswer, match=r"^POST /api/v1/books, sent 4 times: reset$") as error:
        carry_out([CUT] * 4)
    assert ("k", CUT.cause) == (error.value.idempotency_key, error.value.__cause__)


def test_the_service_says_how_long_to_wait() -> None:
    """In seconds, or as a moment; chance comes on top."""
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=8), usegmt=True)
    _, taken = carry_out([answer(429, "2"), answer(503, moment), DONE])
    first, second = [step.seconds for step in taken if isinstance(step, Pause)]
    assert 2 < first < 3
    assert 5 < second < 9


@pytest.mark.parametrize("text", ["soon", "-1", "²", "Tue, 99 Foo"])
def test_a_malformed_wait_is_none(text: str) -> None:
    """It is worth sending again all the same; only a conflict without one is not."""
    assert DONE == carry_out([answer(503, text), DONE])[0]
    with pytest.raises(Conflict):
        carry_out([answer(409, text)])


def test_what_would_take_longer_than_the_call_has_is_not_waited_for() -> None:
    """The exception says how long that would be."""
    with pytest.raises(RateLimited) as error:
        carry_out([answer(429, "60")])
    assert 60 == error.value.retry_after


def test_an_attempt_takes_no_longer_than_the_call_may() -> None:
    """Nor than any attempt may."""
    _, (long,) = carry_out([DONE])
    _, (short,) = carry_out([DONE], RetryPolicy(timeout=5.0, attempt_timeout=10.0, retries=3))
    assert isinstance(long, Attempt)
    assert isinstance(short, Attempt)
    assert 10 == long.seconds
    assert 4 < short.seconds <= 5
