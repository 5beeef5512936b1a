"""The text of an API key: what is one, and what is none."""

from hashlib import sha256

import pytest

from estuary.core.api_keys.api_key_text import KeyParts, key_text, masked, parse_key

ID, SECRET = "0123456789abcdef", bytes(range(32))
KEY = key_text(ID, SECRET)


def test_a_key_has_the_form_that_scanners_look_for() -> None:
    """Four parts of fixed lengths, the last a CRC-32 of the others: these texts never change."""
    assert KEY == "esk_0123456789abcdef_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf_8a3a9ffd"
    assert 73 == len(KEY)


def test_a_key_is_taken_apart_into_its_id_and_the_digest_of_its_secret() -> None:
    """What stands between the second and the third underscore is hashed, as text."""
    secret = KEY.split("_")[2]
    assert KeyParts(ID, sha256(secret.encode()).hexdigest()) == parse_key(KEY)


@pytest.mark.parametrize("secret", [bytes(32), b"\xff" * 32])
def test_every_secret_has_its_place(secret: bytes) -> None:
    """Also the lowest and the highest number of 256 bits."""
    assert parse_key(key_text(ID, secret)) is not None


def test_a_key_of_which_one_character_differs_is_none() -> None:
    """Any other character at any place is caught by the CRC or the form."""
    altered = [
        KEY[:place] + other + KEY[place + 1 :]
        for place in range(len(KEY))
        for other in "0aZ_é \n"
        if other != KEY[place]
    ]
    assert [] == [text for text in altered if parse_key(text) is not None]


@pytest.mark.parametrize(
    "text", ["", "esk_", KEY[:-1], KEY + "0", KEY + "\n", " " + KEY, KEY.upper(), KEY * 1000, KEY[4:]]
)
def test_what_is_cut_or_longer_is_no_key(text: str) -> None:
    """Nothing is trimmed, and case counts."""
    assert parse_key(text) is None


def test_a_key_in_a_text_is_masked() -> None:
    """Whole, or cut; what stands around it stays."""
    assert "/api/v1/items/esk_…" == masked(f"/api/v1/items/{KEY}")
    assert "/a/esk_…/b/esk_…" == masked(f"/a/{KEY}/b/{KEY[:20]}")
    assert "/api/v1/desks" == masked("/api/v1/desks")
