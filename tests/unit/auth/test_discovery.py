"""Discovery: an issuer says where its keys are, and is held to what it says of itself."""

import json

import pytest

from estuary.auth.discovery import discovering, keys_address
from estuary.auth.fetch import FetchFailed, fetch
from tests.support.issuer import CONFIGURATION_PATH, KEYS_PATH, issuing

ISSUER = "https://issuer.test/realm"
KEYS = "https://keys.issuer.test/jwks"


def configuration(**members: object) -> bytes:
    """A configuration, with `members` in place of the usual ones."""
    return json.dumps({"issuer": ISSUER, "jwks_uri": KEYS} | members).encode()


async def test_the_keys_are_found_and_fetched() -> None:
    """The issuer alone is enough."""
    with issuing() as issuer:
        document = await discovering(issuer.url, fetch, https_only=False)()
        assert [issuer.keys[0].id] == [key["kid"] for key in json.loads(document)["keys"]]
        assert [CONFIGURATION_PATH, KEYS_PATH] == issuer.requests


async def test_the_well_known_path_follows_the_issuer_s_own() -> None:
    """With or without a slash at its end, an issuer has one configuration (4.1)."""
    asked: list[str] = []

    async def answer(url: str) -> bytes:
        asked.append(url)
        return configuration(issuer=f"{ISSUER}/")

    await discovering(f"{ISSUER}/", answer, https_only=True)()
    assert [f"{ISSUER}/.well-known/openid-configuration", KEYS] == asked


def test_the_address_is_the_issuer_s_to_choose() -> None:
    """Keys may be on another host than the issuer, as the large ones have them."""
    assert KEYS == keys_address(configuration(), ISSUER, https_only=True)


@pytest.mark.parametrize(
    "document",
    [
        configuration(issuer="https://attacker.test"),
        configuration(issuer=f"{ISSUER}/"),
        configuration(issuer=None),
        configuration(jwks_uri=None),
        configuration(jwks_uri="http://keys.issuer.test/jwks"),
        configuration(jwks_uri="file:///etc/passwd"),
        configuration(jwks_uri="https://user:word@keys.issuer.test/jwks"),
        configuration(jwks_uri="https://[::1"),
        configuration(jwks_uri="https:///jwks"),
        b"<html>",
        b"[]",
    ],
)
def test_a_configuration_that_cannot_be_believed_is_refused(document: bytes) -> None:
    """Another issuer's, or one that leads anywhere but to an https address."""
    with pytest.raises(FetchFailed):
        keys_address(document, ISSUER, https_only=True)
