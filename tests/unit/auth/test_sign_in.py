"""The origins that a console asks: as the issuer publishes them, and nothing that a header cannot hold."""

import asyncio
import json
from collections.abc import Sequence

import pytest

from estuary.auth import sign_in
from estuary.auth.fetch import FetchFailed
from estuary.auth.sign_in import SignInOrigins, origins
from tests.support.waiting import until

ISSUER = "https://issuer.test/realm"


async def found_by(answers: list[bytes | Exception], *, https_only: bool = True) -> Sequence[str]:
    """What is found where the issuer's configuration is answered so, one after the other."""
    found: list[Sequence[str]] = []

    async def answer(_: str) -> bytes:
        reported = answers.pop(0)
        if isinstance(reported, Exception):
            raise reported
        return reported

    asking = SignInOrigins(ISSUER, answer, found.append, https_only=https_only)
    asking.start()
    await until(lambda: bool(found))
    await asking.stop()
    assert [] == answers
    return found[0]


def configuration(**members: object) -> bytes:
    """An issuer's configuration."""
    return json.dumps({"issuer": ISSUER} | members).encode()


async def test_the_issuer_and_where_it_gives_tokens_are_asked() -> None:
    """Large issuers have another host for tokens; each origin is named once."""
    reported = configuration(
        token_endpoint="https://tokens.test/oauth/token",
        revocation_endpoint="https://tokens.test/oauth/revoke",
        authorization_endpoint="https://people.test/",
    )
    assert ["https://issuer.test", "https://tokens.test"] == await found_by([reported])


async def test_an_issuer_that_is_away_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that answers with another's configuration, until it gives its own."""
    monkeypatch.setattr(sign_in, "_FIRST_PAUSE", 0.001)
    answers: list[bytes | Exception] = [
        FetchFailed("it is away"),
        TimeoutError(),
        configuration(issuer="https://other.test"),
        configuration(token_endpoint=5),
    ]
    assert ["https://issuer.test"] == await found_by(answers)


async def test_one_that_never_answers_is_left_at_the_end() -> None:
    """The service stops whatever the issuer does."""

    async def hang(_: str) -> bytes:
        await asyncio.Event().wait()
        raise AssertionError

    asking = SignInOrigins(ISSUER, hang, lambda _: None, https_only=True)
    asking.start()
    await asyncio.sleep(0)
    await asking.stop()
    assert 1 == len(asyncio.all_tasks())


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("https://issuer.test:8443/a?b#c", ["https://issuer.test:8443"]),
        ("https://[2001:db8::1]/", ["https://[2001:db8::1]"]),
        ("https://user:word@issuer.test/", ["https://issuer.test"]),
        ("http://issuer.test/", []),
        ("https://issuer.test;script-src/", []),
        ("https://issuer.test */", []),
        ("https://issuer.test\r\nx: y/", []),
        ("https://issuer.test:port/", []),
        ("https://*/", []),
        ("data:text/plain,x", []),
        ("issuer.test", []),
    ],
)
def test_what_becomes_part_of_a_policy_is_an_origin(address: str, found: list[str]) -> None:
    """Nothing that ends a directive, stands for many hosts, or could be listened to on its way."""
    assert found == origins([address], https_only=True)


def test_without_encryption_where_it_is_a_trial() -> None:
    """An issuer on this machine is asked as it is there."""
    assert ["http://127.0.0.1:9000"] == origins(["http://127.0.0.1:9000/"], https_only=False)
