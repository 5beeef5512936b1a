"""Fetch: what a key server can answer, asked over a real socket."""

import asyncio

import pytest

from estuary.auth.fetch import MAX_BYTES, FetchFailed, fetch
from tests.support.issuer import (
    Answer,
    Issuer,
    broken,
    compressed,
    garbage,
    huge,
    issuing,
    redirecting,
    reply,
    slow,
)


async def test_a_document_is_fetched_whole() -> None:
    """What is served is what is had, to the limit and no byte beyond it."""
    with issuing() as issuer:
        for length in (0, 1, MAX_BYTES):
            issuer.answer = lambda handler, length=length: reply(handler, b"x" * length)
            assert b"x" * length == await fetch(issuer.keys_url)
        issuer.answer = lambda handler: reply(handler, b"x" * (MAX_BYTES + 1))
        with pytest.raises(FetchFailed):
            await fetch(issuer.keys_url)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (broken, "it answered 503"),
        (huge, f"it answered more than {MAX_BYTES} bytes"),
        (compressed, "it answered in an encoding that was not asked for"),
    ],
)
async def test_what_cannot_be_used_is_refused(answer: Answer, message: str) -> None:
    """Each fails with a reason that quotes nothing of the answer."""
    with issuing() as issuer:
        issuer.answer = answer
        with pytest.raises(FetchFailed) as failure:
            await fetch(issuer.keys_url)
        assert message == str(failure.value)


async def test_garbage_is_not_fetch_s_to_judge() -> None:
    """A document is returned as it is; the caller validates it."""
    with issuing() as issuer:
        issuer.answer = garbage
        assert b"<html>" in await fetch(issuer.keys_url)


async def test_redirects_are_not_followed() -> None:
    """Only the operator decides where keys are fetched from."""
    with issuing() as issuer, issuing() as elsewhere:
        issuer.answer = redirecting(elsewhere.keys_url)
        with pytest.raises(FetchFailed, match="it answered 302"):
            await fetch(issuer.keys_url)
        assert [] == elsewhere.requests


@pytest.mark.parametrize("answer", [Issuer.hang, slow])
async def test_the_caller_s_deadline_ends_it(answer: object) -> None:
    """A server that never finishes is left at once when the caller has waited enough."""
    with issuing() as issuer:
        issuer.answer = issuer.hang if answer is Issuer.hang else slow
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await fetch(issuer.keys_url)


async def test_a_refused_connection_is_a_failure() -> None:
    """The message says that the connection was refused."""
    with issuing() as issuer:
        url = issuer.keys_url
    with pytest.raises(FetchFailed):
        await fetch(url)
